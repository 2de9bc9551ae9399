"""Rows 11 and 13: memory of an idle IMAP connection, and of the whole server at rest."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from bench.imap_client import Client
from bench.measure import Result, pss

_IDLE = 400
_REST = 5.0  # seconds for closed connections to be forgotten


def idle_connections(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """memory (PSS) of an idle IMAP connection"""
    yield Result(
        "11",
        f"idle IMAP connection ({_IDLE} held)",
        "KiB PSS",
        [_idle(ours)],
        [_idle(peers)],
        0.08,
        more_is_better=False,
    )


def _idle(side: Any) -> float:
    warm = [_waiting(side) for _ in range(20)]
    before = pss(side.pids())
    held = [_waiting(side) for _ in range(_IDLE)]
    time.sleep(2)
    after = pss(side.pids())
    for client in [*warm, *held]:
        client.close()
    time.sleep(1)
    return (after - before) / _IDLE


def _waiting(side: Any) -> Client:
    client = Client(side.imap_port)
    client.login(side.user(60))
    client.command(b"SELECT INBOX")
    client.socket.sendall(b"I IDLE\r\n")
    client.socket.recv(4096)
    return client


def at_rest(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """memory of the whole server at rest, two workers"""
    yield Result("13", "whole server at rest", "MiB PSS", [_whole(ours)], [], 160.0, more_is_better=False)


def after_load(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """the same a moment after the rows before, whatever they were"""
    time.sleep(_REST)
    yield Result("13", "the same after the load", "MiB PSS", [_whole(ours)], [], 160.0, more_is_better=False)


def _whole(side: Any) -> float:
    return pss(side.pids()) / 1024
