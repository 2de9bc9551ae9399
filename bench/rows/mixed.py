"""Row 7: commands a second of fifty connections that do different things, and row 8: changes of a whole mailbox."""

from __future__ import annotations

import argparse
import random
import selectors
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.imap_client import Client
from bench.measure import Result, alternate
from bench.rows.imap import fill, mixed_messages

_CONNECTIONS = 50
_USERS = 10
_FIRST_USER = 70
_COMMANDS = 10_000  # in a round, all connections together
_MESSAGES = 500
_KINDS = (
    b"NOOP",
    b"FETCH %d (FLAGS ENVELOPE)",
    b"STORE %d +FLAGS (\\Flagged)",
    b"STORE %d -FLAGS (\\Flagged)",
    b"STATUS INBOX (MESSAGES UNSEEN UIDNEXT)",
    b"SEARCH FLAGGED",
)
_CHANGED = 84


def mixed(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """50 connections: NOOP, FETCH one, STORE one, STATUS, SEARCH by flag"""
    sides = []
    messages = mixed_messages(_MESSAGES)
    for side in (ours, peers):
        for number in range(_USERS):
            fill(side, _FIRST_USER + number, b"INBOX", messages)
        clients = []
        for number in range(_CONNECTIONS):
            client = Client(side.imap_port)
            client.login(side.user(_FIRST_USER + number % _USERS))
            client.command(b"SELECT INBOX")
            clients.append(client)
        sides.append(clients)
    left, right = alternate(partial(_commands, sides[0]), partial(_commands, sides[1]), arguments.rounds, (ours, peers))
    yield Result(
        "7", f"mixed commands, {_CONNECTIONS} connections", "per second", left, right, 1.0, more_is_better=True
    )
    for clients in sides:
        for client in clients:
            client.close()


def _commands(clients: list[Client]) -> tuple[float, int]:
    """Each connection sends its next command when the last one is answered."""
    source = random.Random(5)
    texts = [b"X " + _filled(kind, source) + b"\r\n" for kind in source.choices(_KINDS, k=_COMMANDS)]
    rest = {client.socket: b"" for client in clients}
    done = 0
    start = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ)
            client.socket.sendall(texts.pop())
        while done < _COMMANDS:
            for key, _ in selector.select(30):
                sock: Any = key.fileobj
                data = rest[sock] + sock.recv(1 << 20)
                if not _is_answered(data):
                    rest[sock] = data[-400:]
                    continue
                rest[sock] = b""
                done += 1
                if texts:
                    sock.sendall(texts.pop())
    return _COMMANDS / (time.monotonic() - start), _COMMANDS


def _filled(kind: bytes, source: random.Random) -> bytes:
    return kind % source.randint(1, _MESSAGES) if b"%d" in kind else kind


def _is_answered(data: bytes) -> bool:
    if not data.endswith(b"\r\n"):
        return False
    last = data[data.rfind(b"\r\n", 0, -2) + 2 :] if b"\r\n" in data[:-2] else data
    if last.startswith((b"X NO", b"X BAD")):
        raise RuntimeError(last.decode(errors="replace"))
    return last.startswith(b"X OK")


def changes(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """STORE, COPY and EXPUNGE of all messages of a mailbox"""
    count = arguments.messages
    clients = []
    for side in (ours, peers):
        client = Client(side.imap_port)
        client.login(side.user(_CHANGED))
        client.command(b"CREATE many")
        for _ in range(count // 1000):
            fill(side, _CHANGED, b"many", mixed_messages(1000))
        clients.append(client)
    turns = [_Turns(client, count) for client in clients]
    # the three steps of one turn are measured by themselves, in one go of rounds
    alternate(turns[0].turn, turns[1].turn, arguments.rounds, (ours, peers))
    for what in ("COPY", "STORE", "EXPUNGE"):
        left, right = turns[0].seconds[what][1:], turns[1].seconds[what][1:]
        yield Result("8", f"{what} of {count:,}", "s", left, right, 0.5, more_is_better=False)
    for client in clients:
        client.close()


class _Turns:
    def __init__(self, client: Client, count: int) -> None:
        self._client = client
        self._count = count
        self.seconds: dict[str, list[float]] = {"COPY": [], "STORE": [], "EXPUNGE": []}

    def turn(self) -> tuple[float, int]:
        command = self._client.command
        command(b"CREATE target")
        command(b"SELECT many")
        self._timed("COPY", b"COPY 1:* target")
        command(b"SELECT target")
        self._timed("STORE", b"STORE 1:* +FLAGS (\\Deleted)")
        self._timed("EXPUNGE", b"EXPUNGE")
        command(b"UNSELECT")
        command(b"DELETE target")
        return sum(times[-1] for times in self.seconds.values()), self._count

    def _timed(self, what: str, text: bytes) -> None:
        start = time.monotonic()
        self._client.command(text)
        self.seconds[what].append(time.monotonic() - start)
