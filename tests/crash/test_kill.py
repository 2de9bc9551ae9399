"""kill -9 under load: of one worker, and of the whole tree. What got its 250 or OK is there afterwards exactly once and whole; nothing else is damaged.

`make soak` goes 50 rounds; `make test` two of each kind.
"""

from __future__ import annotations

import collections
import contextlib
import imaplib
import os
import random
import re
import signal
import smtplib
import threading
import time
from pathlib import Path

import pytest

from whole import DOMAIN, WholeServer, messages, running

pytestmark = [
    pytest.mark.crash,
    pytest.mark.xdist_group("crash"),
    # the standard library's clients leave their sockets to the collector when the server is killed under them
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
_ROUNDS = 25 if os.environ.get("POSTROOM_SOAK") else 2
_SETTLE = 0.5


class Load:
    """Senders and appenders that remember what was acknowledged."""

    def __init__(self, server: WholeServer, round_number: int) -> None:
        self._server = server
        self._round = round_number
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(work, index))
            for index, work in enumerate([self._send] * 4 + [self._append] * 2)
        ]
        self.acknowledged: set[str] = set()

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def _run(self, work, index: int) -> None:
        count = 0
        while not self._stop.is_set():
            try:
                count = work(index, count)
            except (
                OSError,
                smtplib.SMTPException,
                imaplib.IMAP4.error,
            ):  # the server is being killed: connections break in every way
                time.sleep(0.05)

    def _send(self, index: int, count: int) -> int:
        with self._server.smtp() as client:
            while not self._stop.is_set():
                count += 1
                name = f"s{self._round}-{index}-{count}-{random.getrandbits(32):x}"
                client.sendmail("load@remote.test", [f"alice@{DOMAIN}"], _message(name))
                self.acknowledged.add(name)
        return count

    def _append(self, index: int, count: int) -> int:
        client = self._server.imap()
        while not self._stop.is_set():
            count += 1
            name = f"a{self._round}-{index}-{count}-{random.getrandbits(32):x}"
            status, _ = client.append("INBOX", "", "", _message(name))
            if status == "OK":
                self.acknowledged.add(name)
        return count


def _message(name: str) -> bytes:
    size = random.choice((10, 300, 2000))
    return f"From: load@remote.test\r\nSubject: {name}\r\n\r\n{('x' * 70 + chr(13) + chr(10)) * size}END-{name}\r\n".encode()


class Ledger:
    """What has been promised and seen over all rounds."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.names_by_uid: dict[int, str] = {}

    def check(self, server: WholeServer) -> None:
        client = server.imap()
        found = messages(client)
        client.logout()
        seen: collections.Counter[str] = collections.Counter()
        for uid, body in found.items():
            match = re.search(rb"Subject: (\S+)\r\n", body)
            assert match is not None
            name = match[1].decode()
            assert body.endswith(f"END-{name}\r\n".encode()), f"{name} is torn"
            assert self.names_by_uid.setdefault(uid, name) == name, f"UID {uid} names another message"
            seen[name] += 1
        assert {name for name in self.acknowledged if seen[name] == 0} == set(), "lost"
        assert {name for name, count in seen.items() if count > 1} == set(), "stored twice"


def test_kill_the_whole_tree(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        ledger = Ledger()
        for round_number in range(_ROUNDS):
            with Load(server, round_number) as load:
                time.sleep(random.uniform(0.7, 2.0))
                server.kill_all()
            ledger.acknowledged |= load.acknowledged
            server.check_data()
            server.start()
            ledger.check(server)
        assert len(ledger.acknowledged) > 20 * _ROUNDS


def test_kill_a_worker(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        ledger = Ledger()
        for round_number in range(_ROUNDS):
            with Load(server, round_number) as load:
                for _ in range(2):
                    time.sleep(random.uniform(0.5, 1.0))
                    with contextlib.suppress(ProcessLookupError):  # the status file is a moment behind
                        os.kill(random.choice(server.worker_pids()), signal.SIGKILL)
                time.sleep(3.0)
            ledger.acknowledged |= load.acknowledged
            time.sleep(_SETTLE)
            ledger.check(server)
        assert len(ledger.acknowledged) > 20 * _ROUNDS
