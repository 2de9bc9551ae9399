"""Rows 1 and 2: messages per second accepted and in the mailbox. Load: smtp-source, a C program of Postfix.

A hundred smtp-source processes, one for each mailbox, twenty at a time: each sends enough messages that its own start is a few per cent of the time at most.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from bench.machine import synced_writes
from bench.measure import Result, alternate
from bench.ours import DOMAIN

_SIZE = "5120"
_SENDERS = 20
_MAILBOXES = 100
_EACH = 25  # messages to each mailbox in a round: five to ten seconds on the slower side
_MANY = 100  # messages of fifty recipients in a round
_DEADLINE = 120.0


def new_connections(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """20 senders, 5 KB, a new connection for each message, 100 mailboxes"""
    yield synced_writes("1", ours.data.parent)
    yield _row("1", "new connection each", ours, peers, arguments.rounds, kept=False)


def kept_connections(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """the same over kept connections, and with 50 recipients per message"""
    yield synced_writes("2", ours.data.parent)
    yield _row("2", "kept connections", ours, peers, arguments.rounds, kept=True)
    left, right = alternate(lambda: _many(ours), lambda: _many(peers), arguments.rounds, (ours, peers))
    yield Result("2", "50 recipients per message", "deliveries/s", left, right, 8.0, more_is_better=True)


def while_indexing(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """row 1 on our side, with the indexer at work and with the index turned off"""
    rates: dict[str, list[float]] = {"on": [], "off": []}
    for at in range(arguments.rounds + 1):
        for state, found in rates.items():
            command = [sys.executable, "-m", "postroom", "settings", "set", "search.enabled", state]
            subprocess.run([*command, "--data", str(ours.data)], check=True, capture_output=True)
            rate, _ = _one_each(ours, kept=False)
            if at:  # the first round warms up
                found.append(rate)
    yield Result(
        "14b",
        "delivery with the indexer, against without",
        "messages/s",
        rates["on"],
        rates["off"],
        None,
        more_is_better=True,
    )


def _row(row: str, what: str, ours: Any, peers: Any, rounds: int, *, kept: bool) -> Result:
    left, right = alternate(lambda: _one_each(ours, kept), lambda: _one_each(peers, kept), rounds, (ours, peers))
    return Result(row, what, "messages/s", left, right, 8.0 if kept else 6.0, more_is_better=True)


def _one_each(side: Any, kept: bool) -> tuple[float, int]:
    options = ["-d"] if kept else []
    jobs = "\n".join(str(number) for number in range(1, _MAILBOXES + 1))
    # a recipient per process keeps to the hundred mailboxes: smtp-source's own numbering goes on without end
    command = ["xargs", "-P", str(_SENDERS), "-I{}", "smtp-source", *options, "-m", str(_EACH), "-s", "1", "-l", _SIZE]
    command += ["-f", "sender@remote.test", "-t", f"{{}}user@{DOMAIN}", f"inet:127.0.0.1:{side.smtp_port}"]
    return _timed(side, command, _MAILBOXES * _EACH, jobs.encode())


def _many(side: Any) -> tuple[float, int]:
    """Fifty recipients in each transaction."""
    command = ["smtp-source", "-d", "-m", str(_MANY), "-s", str(_SENDERS), "-l", _SIZE, "-r", "50"]
    command += ["-f", "sender@remote.test", "-t", f"user@{DOMAIN}", f"inet:127.0.0.1:{side.smtp_port}"]
    return _timed(side, command, _MANY * 50)


def _timed(side: Any, command: list[str], count: int, jobs: bytes = b"") -> tuple[float, int]:
    """(deliveries per second, their number). Where a 250 means "in the mailbox", the clock stops at the last 250 and the mailboxes are counted afterwards."""
    wanted = side.stored() + count
    start = time.monotonic()
    subprocess.run(command, input=jobs, check=True, capture_output=True)
    if side.accepted_is_stored:
        seconds = time.monotonic() - start
        if (found := side.stored()) != wanted:
            raise RuntimeError(f"{side.name}: {found} messages in the mailboxes, {wanted} were accepted")
        return count / seconds, count
    while (found := side.stored()) < wanted:
        if time.monotonic() - start > _DEADLINE:
            raise RuntimeError(f"{side.name}: {found} of {wanted} messages arrived")
        time.sleep(0.1)  # a count reads two hundred folders
    return count / (time.monotonic() - start), count
