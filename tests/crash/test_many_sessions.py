"""Ten sessions on two workers change the same mailboxes at once: nothing is lost, no UID is given twice, each client's count is exact (THREATS D18)."""

from __future__ import annotations

import os
import random
import re
import threading
from pathlib import Path

import pytest

from lines import Lines, wait_for
from whole import DOMAIN, PASSWORDS, WholeServer, running

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("many")]
_STEPS = 400 if os.environ.get("POSTROOM_SOAK") else 60
_SESSIONS = 10
_SHARED = ("INBOX", "Red", "Green")
_RENAMED = ("Green", "Blue")
_UNTAGGED = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)")
_TOSS = "Toss"


class Ledger:
    """What all sessions together were told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.kept: set[str] = set()
        self.given: dict[tuple[int, int], str] = {}
        self.problems: list[str] = []

    def gave(self, validity: int, uid: int, name: str) -> None:
        with self._lock:
            before = self.given.setdefault((validity, uid), name)
            if before != name:
                self.problems.append(f"UID {uid} of {validity} was given to {before} and {name}")


class Session(threading.Thread):
    """A client that counts its messages as it is told, and does things at random."""

    def __init__(self, server: WholeServer, number: int, ledger: Ledger) -> None:
        super().__init__()
        self._server, self._number, self._ledger = server, number, ledger
        self._random = random.Random(number)
        self._tag = 0
        self.selected, self.count = "", 0
        self.client = self._connect()

    def _connect(self) -> Lines:
        client = Lines(self._server.port("imaps"), self._server.context())
        client.line()
        client.ask(f"login LOGIN alice@{DOMAIN} {PASSWORDS['alice']}", "login OK")
        return client

    def run(self) -> None:
        try:
            for step in range(_STEPS):
                if not self.selected or self._random.random() < 0.1:
                    self.select(self._random.choice((*_SHARED, "Blue")))
                getattr(self, self._random.choice(_ACTIONS))(step)
        except Exception as error:  # noqa: BLE001 - told by the test, with the session that failed
            self._ledger.problems.append(f"session {self._number}: {error!r}")

    def ask(self, command: bytes | str) -> tuple[bytes, list[bytes]]:
        """The tagged answer after its tag, and the lines before it; the count is kept."""
        self._tag += 1
        tag = b"t%d" % self._tag
        self.client.send(tag + b" " + (command.encode() if isinstance(command, str) else command))
        lines = []
        while True:
            line = self.client.line()
            if line.startswith(tag + b" "):
                return line[len(tag) + 1 :], lines
            if line.startswith(b"* BYE") or not line:
                # the mailbox that was selected is gone: the server may end the session
                assert self.selected, "the connection ended without a reason"
                self.client.close()
                self.client, self.selected = self._connect(), ""
                return b"BYE", lines
            lines.append(line)
            found = _UNTAGGED.match(line)
            if found is not None and found[2] == b"EXISTS":
                self.count = int(found[1])
            elif found is not None:
                assert int(found[1]) <= self.count, f"EXPUNGE of {found[1]!r} in {self.count}"
                self.count -= 1

    def select(self, mailbox: str) -> None:
        self.selected = ""
        self.count = 0
        if self.ask(f"SELECT {mailbox}")[0].startswith(b"OK"):
            self.selected = mailbox

    def _some(self, criterion: str) -> list[int]:
        answer, lines = self.ask(f"UID SEARCH {criterion}")
        uids = [int(uid) for line in lines if line.startswith(b"* SEARCH") for uid in line.split()[2:]]
        return self._random.sample(uids, min(len(uids), 3)) if answer.startswith(b"OK") else []

    def append(self, step: int, keyword: str = "") -> None:
        name = f"{'toss' if keyword else 'keep'}-{self._number}-{step}"
        message = f"Subject: {name}\r\n\r\ntext\r\n".encode()
        answer, _ = self.ask(b"APPEND INBOX (%b) {%d+}\r\n%b" % (keyword.encode(), len(message), message))
        assert answer.startswith(b"OK [APPENDUID "), answer
        validity, uid = answer.partition(b"]")[0].split()[2:4]
        self._ledger.gave(int(validity), int(uid), name)
        if not keyword:
            self._ledger.kept.add(name)

    def append_toss(self, step: int) -> None:
        self.append(step, _TOSS)

    def move(self, step: int) -> None:
        for uid in self._some(f"UNKEYWORD {_TOSS}")[:2]:
            answer, lines = self.ask(f"UID MOVE {uid} {self._random.choice(_SHARED)}")
            assert answer[:2] in (b"OK", b"NO", b"BY"), (answer, lines)

    def expunge(self, step: int) -> None:
        uids = ",".join(str(uid) for uid in self._some(f"KEYWORD {_TOSS}"))
        if uids:
            self.ask(f"UID STORE {uids} +FLAGS (\\Deleted)")
            self.ask(f"UID EXPUNGE {uids}")

    def store(self, step: int) -> None:
        for uid in self._some(f"UNKEYWORD {_TOSS}"):
            self.ask(f"UID STORE {uid} {self._random.choice('+-')}FLAGS (\\Flagged)")

    def rename(self, step: int) -> None:
        old, new = self._random.sample(_RENAMED, 2)
        self.ask(f"RENAME {old} {new}")

    def make_and_delete(self, step: int) -> None:
        name = f"Short-{self._random.randrange(2)}"
        self.ask(f"CREATE {name}")
        for uid in self._some(f"KEYWORD {_TOSS}"):
            self.ask(f"UID MOVE {uid} {name}")
        if self._random.random() < 0.5:
            self.ask(f"DELETE {name}")


_ACTIONS = ("append", "append", "append_toss", "move", "move", "expunge", "store", "rename", "make_and_delete")


def uids_and_names(session: Session) -> dict[int, str]:
    _, lines = session.ask("UID FETCH 1:* (UID ENVELOPE)")
    found = {}
    for line in lines:
        match = re.search(rb"UID (\d+).*?\"((?:keep|toss)-\d+-\d+)\"", line)
        if match is not None:
            found[int(match[1])] = match[2].decode()
    return found


def test_ten_sessions(tmp_path: Path) -> None:
    ledger = Ledger()
    with running(tmp_path) as server:
        with server.imap() as client:
            for name in ("Red", "Green"):
                client.create(name)
        sessions = [Session(server, number, ledger) for number in range(_SESSIONS)]
        for session in sessions:
            session.start()
        for session in sessions:
            session.join(240)
            assert not session.is_alive()
        assert ledger.problems == []
        look = Session(server, 99, ledger)
        _, lines = look.ask('LIST "" "*"')
        places: dict[str, list[str]] = {}
        counts: dict[str, int] = {}
        for name in [line.split()[-1].decode().strip('"') for line in lines]:
            answer, told = look.ask(f"SELECT {name}")
            assert answer.startswith(b"OK"), name
            validity = int(
                next(line for line in told if b"UIDVALIDITY" in line).split(b"UIDVALIDITY ")[1].split(b"]")[0]
            )
            found = uids_and_names(look)
            assert len(found) == look.count
            counts[name] = len(found)
            for uid, subject in found.items():
                ledger.gave(validity, uid, subject)
                places.setdefault(subject, []).append(name)
        assert ledger.problems == []
        assert {name for name in ledger.kept if name not in places} == set(), "lost"
        assert {name: where for name, where in places.items() if len(where) > 1} == {}, "there twice"
        assert len(ledger.kept) > _STEPS
        for session in sessions:
            if session.selected in ("INBOX", "Red"):
                # what this client was told of adds up to what there is, once the last word has reached it
                wait_for(lambda session=session: session.ask("NOOP") and session.count == counts[session.selected], 10)
        for session in (*sessions, look):
            session.client.close()
