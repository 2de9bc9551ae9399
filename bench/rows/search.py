"""Rows 6 and 14: SEARCH BODY in a hundred thousand messages of six languages, against Dovecot with its full-text plugin and without; what an index costs."""

from __future__ import annotations

import argparse
import json
import os
import pwd
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.corpus import Written, messages, queries
from bench.dovecot import Dovecot, Plan
from bench.imap_client import Client
from bench.measure import Result
from bench.ours import DOMAIN, PASSWORD
from bench.rows.imap import fill

_USER = 95
_PORT = 31243
_QUERIES = 25
_SCANNED = 2  # queries of each kind that Dovecot answers by reading: each takes half a minute
_PIECES = 2000  # messages appended by one connection
_FTS = """
mail_plugins = fts fts_xapian
plugin {{
  fts = xapian
  fts_xapian = partial=2 full=20 verbose=0
  fts_autoindex = no
  fts_enforced = yes
  fts_index_timeout = 300s
}}
service indexer-worker {{
  vsz_limit = 4G
}}
service decode2text {{
}}
"""


def search(ours: Any, peers: Any, arguments: argparse.Namespace) -> Iterator[Result]:
    """SEARCH BODY in 100,000 messages of six languages: word, infix, phrase, 1, 2 and 5 characters of CJK; size and speed of the index"""
    written = messages(arguments.texts)
    text_size = sum(one.size for one in written)
    _fill_ours(ours, written)
    root = peers.root.parent / "full-text"
    with Dovecot(root, Plan(PASSWORD, _PORT, more=_FTS)) as plugin:
        for side in (plugin, peers):
            _fill_maildir(side.root / "mail" / f"{_USER}user" / "Maildir", written)
        started = time.monotonic()
        subprocess.run(
            ["doveadm", "-c", str(root / "dovecot.conf"), "index", "-u", f"{_USER}user", "INBOX"], check=True
        )
        their_rate = len(written) / (time.monotonic() - started)
        their_size = sum(path.stat().st_size for path in (root / "mail").rglob("xapian-indexes/**/*") if path.is_file())
        _wait_for_index(ours, len(written))
        our_size, our_rate = _index_again(ours)
        yield Result(
            "14", "index and kept text ÷ indexed text", "", [our_size / text_size], [], 1.0, more_is_better=False
        )
        yield Result("14", "index, against the plugin's", "octets", [our_size], [their_size], 0.3, more_is_better=False)
        yield Result("14", "indexed", "messages/s", [our_rate], [their_rate], 2.0, more_is_better=True)
        yield from _compared(written, ours, plugin, peers)


def _compared(written: list[Written], ours: Any, plugin: Dovecot, peers: Any) -> Iterator[Result]:
    sides = {"ours": Searcher(ours.imap_port), "plugin": Searcher(_PORT), "reading": Searcher(peers.imap_port)}
    wrong = 0
    for kind, some in queries(written, _QUERIES).items():
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        missed = extra = right = 0
        for at, query in enumerate(some):
            expected = {number for number, one in enumerate(written, 1) if query in one.text}
            for name, side in sides.items():
                if name == "reading" and at >= _SCANNED:
                    continue
                took, found = side.search(query)
                seconds[name].append(took)
                if name == "ours":
                    wrong += found != expected
                elif name == "plugin":
                    right += len(expected & found)
                    missed += len(expected - found)
                    extra += len(found - expected)
        recall = right / max(right + missed, 1)
        what = f"SEARCH BODY, {len(written):,} messages: {kind}"
        told = f"{what}, the plugin (finds {recall:.0%}, {extra} wrong)"
        yield Result("6", told, "s", seconds["ours"], seconds["plugin"], 0.5, more_is_better=False)
        yield Result(
            "6", f"{what}, reading", "s", seconds["ours"][:_SCANNED], seconds["reading"], 0.02, more_is_better=False
        )
        yield Result(
            "6", f"{what}, p95", "s", [_p95(seconds["ours"])], [_p95(seconds["plugin"])], None, more_is_better=False
        )
    yield Result("6", "queries of ours that differ from the texts", "", [float(wrong)], [], 0.0, more_is_better=False)


class Searcher:
    """One connection with the mailbox open."""

    def __init__(self, port: int) -> None:
        self._client = Client(port)
        self._client.socket.settimeout(600)
        self._client.login((f"{_USER}user@{DOMAIN}", PASSWORD))
        self._client.command(b"SELECT INBOX")

    def search(self, query: str) -> tuple[float, set[int]]:
        """(seconds, message numbers)."""
        text = query.encode()
        socket = self._client.socket
        started = time.monotonic()
        socket.sendall(b"S1 SEARCH CHARSET UTF-8 BODY {%d}\r\n" % len(text))
        answer = b""
        while not answer.startswith(b"+") and b"\r\n+" not in answer:
            answer += socket.recv(65536)
        socket.sendall(text + b"\r\n")
        answer = b""
        while b"\r\nS1 " not in b"\r\n" + answer or not answer.endswith(b"\r\n"):
            answer += socket.recv(1 << 20)
        took = time.monotonic() - started
        if b"S1 OK" not in answer:
            raise RuntimeError(answer[-200:].decode(errors="replace"))
        lines = [line for line in answer.split(b"\r\n") if line.startswith(b"* SEARCH")]
        return took, {int(number) for line in lines for number in line.split()[2:]}


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[18]


def _fill_ours(ours: Any, written: list[Written]) -> None:
    for start in range(0, len(written), _PIECES):
        fill(ours, _USER, b"INBOX", [one.octets for one in written[start : start + _PIECES]])


def _fill_maildir(folder: Path, written: list[Written]) -> None:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(written, 1):
        (folder / "cur" / f"{1_700_000_000 + number}.M{number}P1.bench,S={len(one.octets)}:2,").write_bytes(one.octets)
    owner = pwd.getpwnam("mail")
    for place, _, names in os.walk(folder.parent):
        for name in ("", *names):
            os.chown(Path(place) / name, owner.pw_uid, owner.pw_gid)


def _wait_for_index(ours: Any, count: int) -> None:
    """The follower rests between its batches: it is waited for, not measured."""
    deadline = time.monotonic() + 1200
    while time.monotonic() < deadline:
        done = subprocess.run(
            [sys.executable, "-m", "postroom", "index", "status", "--json", "--data", str(ours.data)], capture_output=True, check=True
        )  # fmt: skip
        state = json.loads(done.stdout)
        if state["waiting"] == 0 and state["indexed"] >= count:
            return
        time.sleep(2)
    raise RuntimeError("the index was not made in time")


def _index_again(ours: Any) -> tuple[float, float]:
    """(octets of the index, messages a second) of one process that does nothing else, as doveadm does it."""
    folder = max(ours.data.glob("accounts/*/*/mail.sqlite"), key=lambda path: path.stat().st_size).parent
    copy = ours.data.parent / "indexed-again"
    shutil.copytree(folder, copy / "accounts" / folder.parent.name / folder.name)
    for path in copy.rglob("index.sqlite*"):
        path.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "bench.indexing", str(copy), folder.name], capture_output=True, check=True, text=True
    )
    count, seconds, size = map(float, done.stdout.split())
    shutil.rmtree(copy)
    return size, count / seconds
