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

from crash.lmtp_server import lmtp_server, stored
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
            for index, work in enumerate([self._send] * 4 + [self._append] * 2 + [self._move, self._copy])
        ]
        self.acknowledged: set[str] = set()
        self.moved: set[str] = set()
        self.copied: set[str] = set()

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

    def _move(self, index: int, count: int) -> int:
        return self._rearrange("MOVE", self.moved, index, count)

    def _copy(self, index: int, count: int) -> int:
        return self._rearrange("COPY", self.copied, index, count)

    def _rearrange(self, command: str, done: set[str], index: int, count: int) -> int:
        """Bob's messages of one round, from a mailbox of this round into another."""
        client = self._server.imap("bob")
        source, target = (f"{command}-{self._round}-{end}" for end in ("from", "to"))
        for mailbox in (source, target):
            client.create(mailbox)
        client.select(source)
        while not self._stop.is_set():
            count += 1
            name = f"b{self._round}-{index}-{count}-{random.getrandbits(32):x}"
            status, answer = client.append(source, "", "", _message(name))
            if status != "OK":
                continue
            self.acknowledged.add(name)
            uid = answer[0].split(b"]")[0].split()[-1].decode()
            if client.uid(command, uid, target)[0] == "OK":
                done.add(name)
        return count


def _message(name: str) -> bytes:
    size = random.choice((10, 300, 2000))
    return f"From: load@remote.test\r\nSubject: {name}\r\n\r\n{('x' * 70 + chr(13) + chr(10)) * size}END-{name}\r\n".encode()


def _name(body: bytes) -> str:
    match = re.search(rb"Subject: (\S+)\r\n", body)
    assert match is not None
    name = match[1].decode()
    assert body.endswith(f"END-{name}\r\n".encode()), f"{name} is torn"
    return name


class Ledger:
    """What has been promised and seen over all rounds."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.names_by_uid: dict[int, str] = {}
        self.uid_validity: dict[str, bytes] = {}

    def add(self, load: Load) -> None:
        self.acknowledged |= {name for name in load.acknowledged if not name.startswith("b")}

    def check(self, server: WholeServer) -> None:
        client = server.imap()
        found = messages(client)
        client.logout()
        self._check(found)

    def check_moved(self, server: WholeServer, load: Load, round_number: int) -> None:
        """MOVE leaves a message in one of the two mailboxes; COPY in both, once it was acknowledged."""
        acknowledged = {name for name in load.acknowledged if name.startswith("b")}
        with server.imap("bob") as client:
            places = {
                (command, end): collections.Counter(
                    _name(body) for body in self._found(client, f"{command}-{round_number}-{end}").values()
                )
                for command in ("MOVE", "COPY")
                for end in ("from", "to")
            }
        for name, count in (places["MOVE", "from"] + places["MOVE", "to"]).items():
            assert count == 1, f"{name} is there {count} times"
        for name in load.moved:
            assert places["MOVE", "to"][name] == 1, f"{name} was moved and is not there"
        for name, count in places["COPY", "to"].items():
            assert count == 1 and places["COPY", "from"][name] == 1, name
        for name in load.copied:
            assert places["COPY", "to"][name] == 1, f"{name} was copied and is not there"
        somewhere = set().union(*places.values())
        assert acknowledged <= somewhere, "lost"

    def _found(self, client: imaplib.IMAP4, mailbox: str) -> dict[int, bytes]:
        if client.select(mailbox, readonly=True)[0] != "OK":
            return {}  # the server was killed before the load had made it
        validity = client.response("UIDVALIDITY")[1][0]
        assert self.uid_validity.setdefault(mailbox, validity) == validity
        return messages(client, mailbox)

    def _check(self, found: dict[int, bytes]) -> None:
        seen: collections.Counter[str] = collections.Counter()
        for uid, body in found.items():
            name = _name(body)
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
            ledger.add(load)
            server.check_data()
            server.start()
            ledger.check(server)
            ledger.check_moved(server, load, round_number)
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
            ledger.add(load)
            time.sleep(_SETTLE)
            ledger.check(server)
            ledger.check_moved(server, load, round_number)
        assert len(ledger.acknowledged) > 20 * _ROUNDS


class LmtpLoad(Load):
    """Senders to alice and bob at once; each is acknowledged on its own."""

    def __init__(self, port: int, round_number: int, acknowledged: dict[str, set[str]]) -> None:
        self._port = port
        self._round = round_number
        self._stop = threading.Event()
        self._told = acknowledged
        self._threads = [threading.Thread(target=self._run, args=(self._deliver, index)) for index in range(4)]

    def _deliver(self, index: int, count: int) -> int:
        client = smtplib.LMTP("127.0.0.1", self._port, timeout=20)
        client.ehlo("client.test")
        while not self._stop.is_set():
            count += 1
            name = f"l{self._round}-{index}-{count}-{random.getrandbits(32):x}"
            client.mail("load@remote.test")
            for who in self._told:
                client.rcpt(f"{who}@example.test")
            codes = client.data(_message(name))[0], client.getreply()[0]
            for who, code in zip(self._told, codes, strict=True):
                if code == 250:
                    self._told[who].add(name)
        return count


def test_kill_under_lmtp(tmp_path: Path) -> None:
    """Two recipients, a reply for each: those that were told 250 have it exactly once."""
    data = tmp_path / "data"
    acknowledged: dict[str, set[str]] = {"alice": set(), "bob": set()}
    for round_number in range(_ROUNDS):
        with lmtp_server(data, killed=True) as (process, port), LmtpLoad(port, round_number, acknowledged):
            time.sleep(random.uniform(0.5, 1.2))
            process.kill()
        for who, contents in stored(data).items():
            seen = collections.Counter(_name(body) for body in contents if b"END-" in body)
            assert acknowledged[who] <= set(seen), "lost"
            assert set(seen.values()) == {1}, "stored twice"
    assert sum(len(names) for names in acknowledged.values()) > 20 * _ROUNDS
