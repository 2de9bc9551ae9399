"""What one client has been told of its selected mailbox, and whether it could be told that."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from properties.imap_model.model import Mailbox, Mark
from properties.imap_model.values import numbers, pairs, values

_NUMBERED = re.compile(rb"\* (\d+) (EXISTS|RECENT|EXPUNGE|FETCH)(?: |\Z)", re.IGNORECASE)


@dataclass
class Heard:
    """What came in answer to one command, beside what the picture takes."""

    fetched: list[tuple[int, dict[bytes, Any]]] = field(default_factory=list)
    vanished: set[int] = field(default_factory=set)
    earlier: set[int] = field(default_factory=set)
    others: list[bytes] = field(default_factory=list)
    tagged: bytes = b""
    fetching: bool = False

    @property
    def condition(self) -> bytes:
        return self.tagged.split(b" ")[1]

    def code(self, name: bytes) -> bytes | None:
        for line in [self.tagged, *self.others]:
            if found := re.search(rb"\[" + name + rb"(?: ([^\]]*))?\]", line):
                return found[1] or b""
        return None


class Picture:
    """The client's side: UIDs by sequence number, flags where known; `hear` takes one response and checks that it may come now."""

    def __init__(self, mailbox: Mailbox, known: list[int]) -> None:
        self.mailbox = mailbox
        self.uids = list(known)
        self.newest = max(known, default=0)
        self.flags: dict[int, Mark] = {}
        self.recent = 0
        self.recent_uids: set[int] = set()
        self.mod_seqs: dict[int, int] = {}
        self.leaving: set[int] = set()
        """Expunged while this client idles: a change of theirs may still be told before."""
        self.tells_gone = False
        """What is expunged may be told of until this client knows that it is gone."""
        self.recent_later = False
        """RECENT may come behind the first FETCH with such a mark, in the same answer."""

    def gone(self) -> list[int]:
        """Counted by the client, and expunged."""
        return [uid for uid in self.uids if uid not in self.mailbox.messages]

    def number(self, uid: int) -> int:
        return self.uids.index(uid) + 1

    def hear(self, line: bytes, heard: Heard, *, may_expunge: bool, qresync: bool, condstore: bool) -> None:
        found = _NUMBERED.match(line)
        if found is None:
            self._hear_vanished(line, heard, may_expunge, qresync)
            return
        number, word = int(found[1]), found[2].upper()
        if word == b"EXISTS":
            self._hear_exists(number)
        elif word == b"RECENT":
            assert number <= len(self.uids), "more recent messages than there are"
            self.recent = number
        elif word == b"EXPUNGE":
            assert may_expunge, "EXPUNGE in answer to a command that names numbers"
            assert not qresync, "EXPUNGE for a client with QRESYNC"
            assert 1 <= number <= len(self.uids), "EXPUNGE of a number that is none"
            self._forget(self.uids[number - 1])
        else:
            assert 1 <= number <= len(self.uids), "FETCH of a number that is none"
            facts = pairs(values(line[found.end() :])[0])
            uid = self.uids[number - 1]
            assert int(facts.get(b"UID", uid)) == uid, f"number {number} is UID {uid} to this client"
            if condstore and b"FLAGS" in facts:
                assert b"MODSEQ" in facts, "FLAGS without MODSEQ"
            heard.fetched.append((uid, facts))
            self._take(uid, facts)

    def _hear_vanished(self, line: bytes, heard: Heard, may_expunge: bool, qresync: bool) -> None:
        if found := re.fullmatch(rb"\* VANISHED (\(EARLIER\) )?([0-9:,]+)", line):
            assert qresync, "VANISHED for a client without QRESYNC"
            uids = set(numbers(found[2]))
            if found[1]:
                heard.earlier |= uids
                assert not uids & set(self.mailbox.messages), "VANISHED (EARLIER) of messages that are there"
                return
            assert may_expunge, "VANISHED in answer to a command that names numbers"
            assert uids <= set(self.uids), "VANISHED of a message that this client does not know"
            heard.vanished |= uids
            for uid in uids:
                self._forget(uid)
        else:
            heard.others.append(line)

    def _hear_exists(self, count: int) -> None:
        assert count >= len(self.uids), "EXISTS went down without EXPUNGE"
        above = [uid for uid in self.mailbox.uids if uid > self.newest]
        assert count == len(self.uids) + len(above), f"EXISTS {count}; known {self.uids}, new {above}"
        self.uids += above
        self.newest = max([self.newest, *above])

    def _forget(self, uid: int) -> None:
        assert uid not in self.mailbox.messages, f"UID {uid} is there, and was told to be expunged"
        self.uids.remove(uid)
        self.flags.pop(uid, None)
        self.mod_seqs.pop(uid, None)
        self.recent_uids.discard(uid)

    def _take(self, uid: int, facts: dict[bytes, Any]) -> None:
        message = self.mailbox.messages.get(uid)
        if message is None and (uid in self.leaving or self.tells_gone):
            return
        assert message is not None, f"FETCH of UID {uid}, which is expunged"
        if b"FLAGS" in facts:
            told = [flag.decode() for flag in facts[b"FLAGS"]]
            assert len(set(told)) == len(told), f"a flag twice: {told}"
            marks = frozenset(told) - {"\\Recent"}
            assert marks == message.flags, f"UID {uid} has {sorted(message.flags)}, told were {sorted(marks)}"
            self.flags[uid] = marks
            if "\\Recent" in told:
                self.recent_uids.add(uid)
                if not self.recent_later:
                    self.check_recent()
        if b"MODSEQ" in facts:
            mod_seq = int(facts[b"MODSEQ"][0])
            assert mod_seq >= self.mod_seqs.get(uid, 1), f"MODSEQ of UID {uid} went down"
            self.mod_seqs[uid] = mod_seq
            if message.mod_seq and not message.touched:
                assert mod_seq == message.mod_seq, (
                    f"UID {uid}: MODSEQ {mod_seq}, and {message.mod_seq} without a change"
                )

    def check_recent(self) -> None:
        assert len(self.recent_uids) <= self.recent, "more messages are recent than RECENT said"

    def check_equal(self) -> None:
        """Once NOOP was answered, nothing is left to be told."""
        assert self.uids == self.mailbox.uids, f"this client sees {self.uids}, there are {self.mailbox.uids}"
        for uid, marks in self.flags.items():
            there = self.mailbox.messages[uid].flags
            assert marks == there, f"UID {uid} has {sorted(there)}, this client knows {sorted(marks)}"
