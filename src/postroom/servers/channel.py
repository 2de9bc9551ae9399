"""The channel between supervisor and worker: a socket pair that carries JSON messages, and listening sockets beside them."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import msgspec

MAX_SOCKETS = 64  # file descriptors in one message: eight doors on two families, with room
_MAX_MESSAGE = 65536


@dataclass(frozen=True, slots=True)
class Binding:
    """One listening socket: which door, where."""

    door: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Message:
    """To a worker: sockets to listen on (they come along in this order) or to close, new settings, the end. From a worker: that it is ready."""

    listen: list[Binding] = field(default_factory=list)
    close: list[Binding] = field(default_factory=list)
    settings: bool = False
    drain: bool = False
    ready: bool = False


def pair() -> tuple[socket.socket, socket.socket]:
    """(supervisor's end, worker's end)."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(channel: socket.socket, message: Message, sockets: list[socket.socket] | None = None) -> None:
    """Raises OSError when the other end is gone."""
    socket.send_fds(channel, [msgspec.json.encode(message)], [sock.fileno() for sock in sockets or []])


def receive(channel: socket.socket) -> tuple[Message, list[socket.socket]] | None:
    """The next message and its sockets, or None at the end. Raises BlockingIOError, OSError."""
    data, descriptors, _, _ = socket.recv_fds(channel, _MAX_MESSAGE, MAX_SOCKETS)
    if not data:
        return None
    return msgspec.json.decode(data, type=Message), [socket.socket(fileno=descriptor) for descriptor in descriptors]
