"""Rows 3, 4 and 9: APPEND, FETCH and logins by IMAP."""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.imap_client import Client
from bench.machine import synced_writes
from bench.measure import Result, alternate

_APPENDS = 2000
_PIPELINE = 20
_LOGINS = 800
_REPEATED = 10
_FETCHES = (
    ("flags", b"FLAGS"),
    ("envelope", b"ENVELOPE"),
    ("bodystructure", b"BODYSTRUCTURE"),
    ("header fields", b"BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE MESSAGE-ID)]"),
)


def mixed_messages(count: int) -> list[bytes]:
    """Plain, two-part and larger ones; the same at each run."""
    source = random.Random(7)
    return [_message(number, source) for number in range(count)]


def _message(number: int, source: random.Random) -> bytes:
    head = (
        f"From: Sender {number % 50} <s{number % 50}@remote.test>\r\nTo: user@bench.test\r\nSubject: Message {number} about things\r\n"
        f"Date: Mon, 2 Nov 2026 10:{number % 60:02d}:00 +0000\r\nMessage-ID: <{number}.{source.random()}@remote.test>\r\nMIME-Version: 1.0\r\n"
    )
    text = "".join("word " * 14 + "\r\n" for _ in range(source.choice((5, 40, 70, 200))))
    if number % 3:
        return (head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text).encode()
    return (
        head + 'Content-Type: multipart/alternative; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\n' + text
        + "--b1\r\nContent-Type: text/html\r\n\r\n<p>" + text + "</p>\r\n--b1--\r\n"
    ).encode()  # fmt: skip


def fill(side: Any, number: int, mailbox: bytes, messages: list[bytes]) -> float:
    """APPEND all with LITERAL+, twenty under way; returns messages per second."""
    client = Client(side.imap_port)
    client.login(side.user(number))
    start = time.monotonic()
    for first in range(0, len(messages), _PIPELINE):
        some = messages[first : first + _PIPELINE]
        client.socket.sendall(
            b"".join(
                b"A%d APPEND %s {%d+}\r\n%s\r\n" % (index, mailbox, len(body), body) for index, body in enumerate(some)
            )
        )
        for index in range(len(some)):
            client.wait(b"A%d" % index)
    seconds = time.monotonic() - start
    client.close()
    return len(messages) / seconds


def append(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """APPEND of 2,000 mixed messages, LITERAL+ pipelined by 20"""
    messages = mixed_messages(_APPENDS)

    def turn(side: Any) -> tuple[float, int]:
        return fill(side, 1, b"INBOX", messages), len(messages)

    yield synced_writes("3", ours.data.parent)
    left, right = alternate(lambda: turn(ours), lambda: turn(peers), arguments.rounds, (ours, peers))
    yield Result("3", "APPEND pipelined", "messages/s", left, right, 4.0, more_is_better=True)


def fetch(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """FETCH of all messages of a mailbox, caches warm"""
    count = arguments.messages
    messages = mixed_messages(1000)
    clients = []
    for side in (ours, peers):
        client = Client(side.imap_port)
        client.login(side.user(2))
        client.command(b"CREATE many")
        for _ in range(count // 1000):
            fill(side, 2, b"many", messages)
        client.command(b"SELECT many")
        clients.append(client)
    for what, items in _FETCHES:
        left, right = alternate(
            partial(_timed, clients[0], items), partial(_timed, clients[1], items), arguments.rounds, (ours, peers)
        )
        yield Result("4", f"FETCH {what} of {count:,}", "s", left, right, 1.0, more_is_better=False)
    for client in clients:
        client.close()


def _timed(client: Client, items: bytes) -> tuple[float, int]:
    """Seconds of one FETCH of all, the mean of several: one alone is over before a clock of processor time has moved."""
    start = time.monotonic()
    for _ in range(_REPEATED):
        client.command(b"FETCH 1:* (" + items + b")")
    return (time.monotonic() - start) / _REPEATED, _REPEATED


def logins(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """LOGIN + SELECT + LOGOUT, four clients at a time"""
    left, right = alternate(lambda: _log_in(ours), lambda: _log_in(peers), arguments.rounds, (ours, peers))
    yield Result("9", "LOGIN + SELECT + LOGOUT", "per second", left, right, 1.5, more_is_better=True)


def _log_in(side: Any) -> tuple[float, int]:
    def work(first: int) -> None:
        for index in range(_LOGINS // 4):
            client = Client(side.imap_port)
            client.login(side.user(10 + (first * 25 + index) % 40))
            client.command(b"SELECT INBOX")
            client.command(b"LOGOUT")
            client.close()

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _LOGINS / (time.monotonic() - start), _LOGINS
