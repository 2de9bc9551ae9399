"""LocalBus: datagrams between the processes of one machine, by Unix sockets in a folder of their own.

Each process that listens has `NAME.sock` there; a message goes to all others. Three kinds: change notices, "settings" (read them again), and the end of one
session. A full or dead socket is skipped: notices only save time.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from postroom.model.email import ChangeNotice

SETTINGS = b"settings"
INDEXER = "indexer"
"""The name of the process that follows every change."""
_END = b"end "
_MAX_DATAGRAM = 65536
_SUFFIX = ".sock"


class LocalBus:
    """One process's place on the bus; without a name it only sends."""

    def __init__(self, folder: Path, name: str | None = None) -> None:
        self._folder = folder
        self._path = folder / f"{name}{_SUFFIX}" if name else None
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._peers: list[str] = []
        self._listed_at = 0
        folder.mkdir(parents=True, exist_ok=True)
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self.socket.bind(str(self._path))

    def send(self, message: bytes) -> None:
        """To every other process that listens."""
        for peer in self._others():
            with contextlib.suppress(OSError):
                self.socket.sendto(message, peer)

    def _others(self) -> list[str]:
        changed_at = self._folder.stat().st_mtime_ns
        if changed_at != self._listed_at:
            self._peers = [str(path) for path in self._folder.glob(f"*{_SUFFIX}") if path != self._path]
            self._listed_at = changed_at
        return self._peers

    def send_to(self, name: str, message: bytes) -> None:
        """To one process; lost where it does not listen or is busy."""
        with contextlib.suppress(OSError):
            self.socket.sendto(message, str(self._folder / f"{name}{_SUFFIX}"))

    def send_notice(self, notice: ChangeNotice) -> None:
        self.send(msgspec.json.encode(notice))

    def send_followed(self, notice: ChangeNotice) -> None:
        """To the indexer."""
        self.send_to(INDEXER, msgspec.json.encode(notice))

    def send_end(self, session_id: str) -> None:
        """The worker that has this session ends it."""
        self.send(_END + session_id.encode())

    def receive(
        self,
        deliver: Callable[[ChangeNotice], None],
        settings: Callable[[], None],
        end: Callable[[str], None] = lambda session_id: None,
    ) -> None:
        """Handle all that has arrived; for loop.add_reader."""
        while True:
            try:
                message = self.socket.recv(_MAX_DATAGRAM)
            except BlockingIOError:
                return
            if message == SETTINGS:
                settings()
                continue
            if message.startswith(_END):
                end(message[len(_END) :].decode("ascii", "replace"))
                continue
            with contextlib.suppress(msgspec.MsgspecError):
                deliver(msgspec.json.decode(message, type=ChangeNotice))

    def close(self) -> None:
        self.socket.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
