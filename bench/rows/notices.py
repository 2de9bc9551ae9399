"""How soon a session in any worker is told of a message: IDLE from the APPEND's reply, and NOTIFY of another mailbox."""

from __future__ import annotations

import argparse
import selectors
import time
from collections.abc import Iterator
from typing import Any

from bench.imap_client import Client
from bench.measure import Result
from bench.rows.imap import mixed_messages

_USER = 95
_IDLE = 20  # enough that every worker has some
_TIMES = 50
_WAIT = 5.0


def notices(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """how soon idle sessions of all workers are told of a message"""
    for what, begin, mark in (
        ("IDLE", b"I IDLE", b"EXISTS"),
        ("NOTIFY of another mailbox", b"N NOTIFY SET (mailboxes INBOX (MessageNew MessageExpunge))", b"STATUS"),
    ):
        worst = _rounds(ours, begin, mark)
        yield Result("told", f"slowest of {_IDLE} sessions, {what}", "ms", worst, [], 100.0, more_is_better=False)


def _rounds(side: Any, begin: bytes, mark: bytes) -> list[float]:
    message = mixed_messages(1)[0]
    writer = Client(side.imap_port)
    writer.login(side.user(_USER))
    listeners = []
    for _ in range(_IDLE):
        client = Client(side.imap_port)
        client.login(side.user(_USER))
        if mark == b"EXISTS":
            client.command(b"SELECT INBOX")
        client.socket.sendall(begin + b"\r\n")
        client.socket.recv(4096)
        listeners.append(client)
    worst = []
    with selectors.DefaultSelector() as selector:
        for client in listeners:
            selector.register(client.socket, selectors.EVENT_READ)
        for _ in range(_TIMES):
            writer.command(b"APPEND INBOX {%d+}\r\n%b" % (len(message), message))
            start = time.monotonic()
            waiting = {client.socket for client in listeners}
            while waiting and time.monotonic() - start < _WAIT:
                for key, _ in selector.select(_WAIT):
                    sock: Any = key.fileobj
                    if mark in sock.recv(65536):
                        waiting.discard(sock)
            if waiting:
                raise RuntimeError(f"{len(waiting)} sessions were not told within {_WAIT:g} s")
            worst.append((time.monotonic() - start) * 1000)
            time.sleep(0.02)
    for client in [*listeners, writer]:
        client.close()
    return worst
