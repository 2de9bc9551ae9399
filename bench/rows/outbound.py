"""Row 16: messages per second through the queue to another host. Load: smtp-source; the other host: smtp-sink, both C programs of Postfix.

The clock stops when the sink has counted the last message; each message is durable in the queue before its 250 on both sides.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.machine import synced_writes
from bench.measure import Result, alternate
from bench.ours import SINK_PORT

_SIZE = "5120"
_SENDERS = 20
_MESSAGES = 3000  # in a round: some seconds on the slower side
_DEADLINE = 120.0
_COUNT = re.compile(rb"mesg=([0-9]+)")


class Sink:
    """smtp-sink, which counts."""

    def __enter__(self) -> Sink:
        self._counts = tempfile.NamedTemporaryFile(prefix="postroom-sink-")
        command = ["smtp-sink", "-4", "-u", "nobody", "-c", f"inet:127.0.0.1:{SINK_PORT}", "1000"]
        self._process = subprocess.Popen(command, stdout=self._counts, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self._counts.close()

    def count(self) -> int:
        """Messages so far."""
        found = _COUNT.findall(Path(self._counts.name).read_bytes()[-200:])
        return int(found[-1]) if found else 0


def outbound(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """through the queue to a sink on loopback, 20 senders, 5 KB"""
    yield synced_writes("16", ours.data.parent)
    with Sink() as sink:
        left, right = alternate(
            lambda: _round(ours, sink), lambda: _round(peers, sink), arguments.rounds, (ours, peers)
        )
    yield Result("16", "through the queue", "messages/s", left, right, 2.0, more_is_better=True)


def _round(side: Any, sink: Sink) -> tuple[float, int]:
    wanted = sink.count() + _MESSAGES
    command = ["smtp-source", "-d", "-m", str(_MESSAGES), "-s", str(_SENDERS), "-l", _SIZE]
    command += ["-f", "sender@remote.test", "-t", "friend@far.test", f"inet:127.0.0.1:{side.smtp_port}"]
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    while sink.count() < wanted:
        if time.monotonic() - start > _DEADLINE:
            raise RuntimeError(f"{side.name}: {sink.count()} of {wanted} messages arrived")
        time.sleep(0.01)
    return _MESSAGES / (time.monotonic() - start), _MESSAGES
