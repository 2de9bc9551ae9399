"""Row 5: all bodies of a mailbox by IMAP and by POP3, in megabytes a second."""

from __future__ import annotations

import argparse
import socket
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.imap_client import Client
from bench.measure import Result, alternate
from bench.rows.imap import fill, mixed_messages

_MESSAGES = 3000
_USER = 3
_AHEAD = 50  # RETR commands under way
_MEGABYTE = 1_000_000


def bodies(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """FETCH of all bodies; POP3 RETR of all"""
    messages = mixed_messages(_MESSAGES)
    clients = []
    for side in (ours, peers):
        fill(side, _USER, b"INBOX", messages)
        client = Client(side.imap_port)
        client.login(side.user(_USER))
        client.command(b"SELECT INBOX")
        clients.append(client)
    left, right = alternate(partial(_fetch, clients[0]), partial(_fetch, clients[1]), arguments.rounds, (ours, peers))
    yield Result("5", f"FETCH bodies of {_MESSAGES:,}", "MB/s", left, right, 1.0, more_is_better=True)
    for client in clients:
        client.close()
    left, right = alternate(partial(_retrieve, ours), partial(_retrieve, peers), arguments.rounds, (ours, peers))
    yield Result("5", f"POP3 RETR of {_MESSAGES:,}", "MB/s", left, right, 1.0, more_is_better=True)


def _fetch(client: Client) -> tuple[float, int]:
    start = time.monotonic()
    octets = client.command(b"FETCH 1:* BODY.PEEK[]")
    return octets / (time.monotonic() - start) / _MEGABYTE, _MESSAGES


def _retrieve(side: Any) -> tuple[float, int]:
    """RETR of all, some under way; a reply ends with CRLF.CRLF, which no other line of these messages is."""
    name, password = side.user(_USER)
    with socket.create_connection(("127.0.0.1", side.pop3_port), timeout=120) as client:
        client.sendall(b"USER %s\r\nPASS %s\r\n" % (name.encode(), password.encode()))
        _lines(client, 3)
        start = time.monotonic()
        octets = sent = ended = 0
        tail = b""
        while ended < _MESSAGES:
            if sent < _MESSAGES and sent - ended < _AHEAD:
                more = range(sent + 1, min(ended + 2 * _AHEAD, _MESSAGES) + 1)
                client.sendall(b"".join(b"RETR %d\r\n" % number for number in more))
                sent = more[-1]
            data = client.recv(1 << 20)
            if not data:
                raise ConnectionError("the server closed the connection")
            octets += len(data)
            ended += (tail + data).count(b"\r\n.\r\n")
            tail = data[-4:] if len(data) >= 4 else (tail + data)[-4:]
        return octets / (time.monotonic() - start) / _MEGABYTE, _MESSAGES


def _lines(client: socket.socket, count: int) -> None:
    seen = b""
    while seen.count(b"\r\n") < count:
        seen += client.recv(4096)
    if b"-ERR" in seen:
        raise RuntimeError(seen.decode(errors="replace"))
