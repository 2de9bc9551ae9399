"""A bare IMAP client: sends ready-made bytes and reads until the tag it waits for, so that little of the time is its own."""

from __future__ import annotations

import socket


class Client:
    """One connection; replies are read in large pieces and only searched for the tag."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tag = 0
        self._rest = b""
        self._line()

    def _line(self) -> bytes:
        while b"\r\n" not in self._rest:
            self._rest += self._receive()
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line

    def _receive(self) -> bytes:
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data

    def command(self, text: bytes) -> int:
        """Send, read to the tagged OK; returns the octets of the answer."""
        self._tag += 1
        tag = b"T%d" % self._tag
        self.socket.sendall(tag + b" " + text + b"\r\n")
        return self.wait(tag)

    def wait(self, tag: bytes) -> int:
        """Read until the tagged reply. Raises RuntimeError where it is not OK."""
        size = len(self._rest)
        tail = b"\r\n" + self._rest
        mark = b"\r\n" + tag + b" "
        while (at := tail.find(mark)) < 0 or b"\r\n" not in tail[at + 2 :]:
            data = self._receive()
            size += len(data)
            tail = tail[-200:] + data if at < 0 else tail + data
        line, _, self._rest = tail[at + 2 :].partition(b"\r\n")
        if not line.startswith(tag + b" OK"):
            raise RuntimeError(line.decode(errors="replace"))
        return size

    def login(self, user: tuple[str, str]) -> None:
        self.command(b"LOGIN %s %s" % (user[0].encode(), user[1].encode()))

    def close(self) -> None:
        self.socket.close()
