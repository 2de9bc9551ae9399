"""Row 10: a mailbox of a million messages against one of a thousand; row 15: how long anybody waits while others work hard."""

from __future__ import annotations

import argparse
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.imap_client import Client
from bench.measure import Result
from bench.ours import DOMAIN
from bench.rows.imap import fill, mixed_messages

_SMALL = 1000
_TIMES = 15
_USER = 90
_PAUSE_USER = 91
_STORED = 100_000
_DELIVERED = 50_000_000
_PROBES = 8  # enough that every worker has some


def million(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """SELECT, FETCH one, APPEND one at 1,000,000 messages against 1,000"""
    client = Client(ours.imap_port)
    client.login(ours.user(_USER))
    _make(ours, client, _USER, arguments.large)
    message = mixed_messages(1)[0]
    append = b"APPEND %s {%d+}\r\n" + message.replace(b"%", b"%%")
    steps: dict[str, Callable[[bytes], bytes]] = {
        "SELECT": lambda name: b"SELECT " + name,
        "FETCH one": lambda name: b"FETCH %d (FLAGS ENVELOPE BODY.PEEK[])" % (_SMALL // 2),
        "APPEND one": lambda name: append % (name, len(message)),
    }
    for what, command in steps.items():
        seconds = {}
        for name in (b"large", b"small"):
            client.command(b"SELECT " + name)
            seconds[name] = [_timed(client, command(name)) for _ in range(_TIMES)]
        yield Result(
            "10", f"{what}: {arguments.large:,} against {_SMALL:,}", "s", seconds[b"large"], seconds[b"small"], 2.0,
            more_is_better=False,
        )  # fmt: skip
    client.close()


def _make(side: Any, client: Client, user: int, size: int) -> None:
    """Mailboxes `small` and `large`; the large one doubles by COPY into itself."""
    for name in (b"small", b"large"):
        client.command(b"CREATE " + name)
        fill(side, user, name, mixed_messages(_SMALL))
    client.command(b"SELECT large")
    count = _SMALL
    while count < size:
        more = min(count, size - count)
        client.command(b"COPY 1:%d large" % more)
        count += more
    client.command(b"UNSELECT")


def _timed(client: Client, text: bytes) -> float:
    start = time.monotonic()
    client.command(text)
    return time.monotonic() - start


def pauses(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """the worst pause of any session while 50 MB are delivered and 100,000 messages are changed"""
    client = Client(ours.imap_port)
    client.login(ours.user(_PAUSE_USER))
    _make(ours, client, _PAUSE_USER, _STORED)
    client.command(b"SELECT large")
    works: dict[str, Callable[[], object]] = {
        "STORE of 100,000": lambda: client.command(b"STORE 1:* +FLAGS (\\Flagged)"),
        "FETCH envelopes of 100,000": lambda: client.command(b"FETCH 1:* (FLAGS ENVELOPE)"),
        "COPY of 100,000": lambda: client.command(b"COPY 1:* small"),
        "SEARCH BODY in 100,000": lambda: client.command(b"SEARCH BODY nowhere"),
        "SELECT of 100,000": lambda: client.command(b"SELECT large"),
        "delivery of 50 MB": lambda: _deliver(ours),
    }
    for what, work in works.items():
        worst = [_worst_pause(ours, work) * 1000 for _ in range(3)]
        yield Result("15", f"worst pause during {what}", "ms", worst, [], 100.0, more_is_better=False)
    client.close()


def _worst_pause(side: Any, work: Callable[[], object]) -> float:
    """The longest answer to NOOP that any of several connections has while the work goes on, in seconds."""
    probes = [_probe(side, number) for number in range(_PROBES)]
    over = threading.Event()
    worst = [0.0]

    def ask() -> None:
        while not over.is_set():
            for client in probes:
                worst[0] = max(worst[0], _timed(client, b"NOOP"))
            time.sleep(0.001)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        work()
    finally:
        over.set()
        asking.join()
        for client in probes:
            client.close()
    return worst[0]


def _probe(side: Any, number: int) -> Client:
    client = Client(side.imap_port)
    client.login(side.user(number + 20))
    client.command(b"SELECT INBOX")
    return client


def _deliver(side: Any) -> None:
    line = b"x" * 76 + b"\r\n"
    body = line * (_DELIVERED // len(line))
    with socket.create_connection(("127.0.0.1", side.smtp_port), timeout=60) as client:
        replies = client.makefile("rb")
        replies.readline()
        for command in (
            b"HELO bench.remote",
            b"MAIL FROM:<a@remote.test>",
            b"RCPT TO:<92user@%b>" % DOMAIN.encode(),
            b"DATA",
        ):
            client.sendall(command + b"\r\n")
            reply = replies.readline()
            if reply[:1] not in b"23":
                raise RuntimeError(reply.decode())
        client.sendall(b"Subject: large\r\n\r\n" + body + b".\r\n")
        reply = replies.readline()
        if not reply.startswith(b"250"):
            raise RuntimeError(reply.decode())
