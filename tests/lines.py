"""A client of lines for whole-server tests: it sends what it is told to and reads what comes, with no knowledge of any protocol."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator

HOST = "127.0.0.1"
PATIENCE = 20.0


class Lines:
    """One connection; `before` goes out ahead of TLS, as a PROXY header does."""

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext | None = None,
        *,
        before: bytes = b"",
        source: str = "",
        host: str = HOST,
    ) -> None:
        self.sock: socket.socket = socket.create_connection(
            (host, port), timeout=PATIENCE, source_address=(source, 0) if source else None
        )
        if before:
            self.sock.sendall(before)
        if context is not None:
            try:
                self.sock = context.wrap_socket(self.sock, server_hostname="localhost")
            except BaseException:
                self.sock.close()
                raise
        self._file = self.sock.makefile("rb")

    def send(self, *lines: str | bytes) -> None:
        self.sock.sendall(b"".join((line.encode() if isinstance(line, str) else line) + b"\r\n" for line in lines))

    def line(self) -> bytes:
        """The next line without its end; b"" at the end of the stream."""
        return self._file.readline().rstrip(b"\r\n")

    def until(self, start: str) -> list[bytes]:
        """Lines up to the first that begins so. Fails at the end of the stream."""
        got = []
        while not (got and got[-1].startswith(start.encode())):
            got.append(line := self._file.readline().rstrip(b"\r\n"))
            assert line, f"the connection ended before {start!r}: {got[-5:]}"
        return got

    def ask(self, line: str | bytes, start: str = "") -> bytes:
        """Send; the answer's first line, or the first that begins with `start`."""
        self.send(line)
        return self.until(start)[-1] if start else self.line()

    def rest(self) -> bytes:
        """Everything until the server closes."""
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as sock:
        sock.settimeout(5)
        return sock.connect_ex((HOST, port)) == 0


def wait_for(what: Callable[[], object], seconds: float, text: str = "") -> None:
    """Until it is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, text or "did not come true in time"
        time.sleep(0.05)


@contextlib.contextmanager
def taken(port: int) -> Iterator[None]:
    """The port is somebody else's meanwhile."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("0.0.0.0", port))
        sock.listen()
        yield


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])
