"""Extractor: the text of attachments, read by a child process that is started when it is needed and ends when it is not.

A document that breaks the child costs a line of the log; it is tried once more in a fresh one, so that a child that was killed for another reason loses nothing.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

import postroom
from postroom.index.extract.kinds import DocumentKind, kind_of
from postroom.message.entities import Entity
from postroom.message.fields import charsets
from postroom.message.text import html_text
from postroom.model.errors import TryLater

log = structlog.get_logger()

_HEAD = 5  # octets of a request's or answer's head
_OCTETS_A_CHARACTER = 4
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost."""

    size: int = 32 * 1024 * 1024
    """Octets; a larger one is not read."""
    seconds: int = 20
    """Of processor time."""
    patience: float = 90.0
    """Seconds on the clock, on a machine that is busy."""
    memory: int = 1024 * 1024 * 1024
    """Octets of address space, of which most is never touched."""
    characters: int = 2_000_000
    idle: float = 60.0
    """Seconds after which the child ends."""


class _BrokenError(Exception):
    """The child is gone, or talks nonsense."""


class Extractor:
    """One child at most; calls from several threads wait for each other."""

    def __init__(self, limits: Limits | None = None, program: str = "postroom.index.extract.child") -> None:
        self._limits = limits or Limits()
        self._program = program
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._idle: threading.Timer | None = None
        self._is_closed = False

    def document(self, entity: Entity, name: str | None, octets: Callable[[], bytes]) -> str:
        """As message.search.content.ReadDocument."""
        kind = kind_of(entity.main_type, entity.sub_type, name)
        return self.text(kind, octets()) if kind is not None else ""

    def text(self, kind: DocumentKind, data: bytes) -> str:
        """Blocking; "" for what can't be read. Raises TryLater where no child can be started, or this is closed."""
        limits = self._limits
        if len(data) > limits.size:
            self._refused(kind, data, "it is too large")
            return ""
        if kind is DocumentKind.TEXT:
            return charsets.guess(data)[: limits.characters]
        if kind is DocumentKind.HTML:
            return html_text(charsets.guess(data)[: limits.characters])
        with self._lock:
            reason = ""
            for _ in range(_ATTEMPTS):
                try:
                    status, answer = self._ask(kind, data)
                except _BrokenError as error:
                    reason = str(error)
                    self._end()
                    continue
                except TimeoutError:  # of processor time, or on the clock
                    self._end()
                    reason = "it takes too long"
                    break
                finally:
                    self._rest()
                if status == b"x":
                    self._refused(kind, data, answer)
                return answer if status == b"t" else ""
        self._refused(kind, data, reason)
        return ""

    def close(self) -> None:
        """End the child; whoever waits for it fails."""
        self._is_closed = True
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._end()

    def _refused(self, kind: DocumentKind, data: bytes, reason: str) -> None:
        log.warning("attachment not read", kind=kind.name.lower(), size=len(data), reason=reason)

    def _ask(self, kind: DocumentKind, data: bytes) -> tuple[bytes, str]:
        channel = self._started()
        deadline = time.monotonic() + self._limits.patience
        try:
            channel.settimeout(self._limits.patience)
            channel.sendall(kind.value + len(data).to_bytes(4, "big"))
            channel.sendall(data)
            head = self._received(channel, _HEAD, deadline)
            status, length = head[:1], int.from_bytes(head[1:], "big")
            if status not in (b"t", b"q", b"x") or length > self._limits.characters * _OCTETS_A_CHARACTER:
                raise _BrokenError("what reads it answers nonsense")
            return status, self._received(channel, length, deadline).decode("utf-8", "replace")
        except TimeoutError:
            raise
        except OSError as error:
            raise _BrokenError(self._how_it_ended() or str(error)) from None

    def _received(self, channel: socket.socket, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            channel.settimeout(max(deadline - time.monotonic(), 0.01))
            piece = channel.recv(min(count - len(data), 1 << 20))
            if not piece:
                raise _BrokenError(self._how_it_ended())
            data += piece
        return bytes(data)

    def _how_it_ended(self) -> str:
        if self._is_closed:
            raise TryLater("attachments can't be read at the moment", detail="the extractor is closed")
        assert self._child is not None
        try:
            status = self._child.wait(1.0)
        except subprocess.TimeoutExpired:
            return "what reads it hung up"
        if status == -signal.SIGXCPU:
            raise TimeoutError  # as it would again
        return f"what reads it ended with {signal.Signals(-status).name if status < 0 else status}"

    def _started(self) -> socket.socket:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._is_closed:
            raise TryLater("attachments can't be read at the moment", detail="the extractor is closed")
        if self._channel is not None and self._child is not None and self._child.poll() is None:
            return self._channel
        self._end()
        limits = self._limits
        ours, theirs = socket.socketpair()
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-B", "-m", self._program, str(limits.memory), str(limits.seconds), str(limits.characters)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join([str(Path(postroom.__file__).parent.parent), *self._own_path()])},
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            ours.close()
            raise TryLater("attachments can't be read at the moment", detail=str(error)) from error
        finally:
            theirs.close()
        self._channel = ours
        return ours

    @staticmethod
    def _own_path() -> list[str]:
        """Where this process finds its packages, which need not be where a bare interpreter looks."""
        return [path for path in sys.path if path and "site-packages" in path]

    def _rest(self) -> None:
        if self._channel is not None and not self._is_closed:
            self._idle = threading.Timer(self._limits.idle, self._end_idle)
            self._idle.daemon = True
            self._idle.start()

    def _end_idle(self) -> None:
        if self._lock.acquire(blocking=False):  # else it is at work again
            try:
                self._end()
            finally:
                self._lock.release()

    def _end(self) -> None:
        channel, self._channel = self._channel, None
        child, self._child = self._child, None
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if channel is not None:
            channel.close()
        if child is not None:
            child.kill()
            child.wait()
