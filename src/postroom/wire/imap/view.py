"""SelectedView: the selected mailbox as this client knows it, apart from the mailbox as it is.

A message has a sequence number from the moment its EXISTS was sent until its EXPUNGE is: what happens in between is
collected (`apply`) and told where the protocol allows (`flush`). An expunged message that was not told keeps its number
and is resolved like any other; whoever looks it up finds nothing and says so.

UIDs stand in one ascending array, a number is a position in it: four bytes a message, a bisection a look-up.
RFC 3501 §2.3.1, §5.2, §5.5, §7.4.1; RFC 7162 §3.2.10 (VANISHED); RFC 9586 §3.3 (UIDFETCH).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from postroom.wire.imap.responses import mailboxes, messages
from postroom.wire.imap.sequences import SequenceSet

_PIECE = 4096  # messages told of between two turns of the loop: about 5 ms


class FlagChange(NamedTuple):
    """A message's flags as they are now, joined by spaces, without \\Recent."""

    uid: int
    flags: bytes
    mod_seq: int


@dataclass(frozen=True, slots=True)
class ViewChanges:
    """What happened in the mailbox, in the order of `mod_seq` from one call of `apply` to the next.

    `arrived` is ascending and above every UID before it; `recent` those among it that are \\Recent here.
    """

    arrived: Sequence[int] = ()
    expunged: Sequence[int] = ()
    flags: Sequence[FlagChange] = ()
    recent: Sequence[int] = ()


class Span(NamedTuple):
    """Neighbouring messages: sequence numbers `first` to `last`, UIDs `first_uid` to `last_uid`."""

    first: int
    last: int
    first_uid: int
    last_uid: int


class SelectedView:
    """See the module."""

    __slots__ = (
        "_arrived", "_changed", "_gone", "_is_shared", "_newest", "_order", "_recent", "_recent_told", "_told", "_uids",
        "saved",
    )  # fmt: skip

    def __init__(self) -> None:
        self._uids = array("I")
        self._is_shared = False
        self._newest = 0
        self._arrived: list[int] = []
        self._gone: set[int] = set()
        self._order: list[int] = []
        self._changed: dict[int, FlagChange] = {}
        self._told: dict[int, int] = {}
        self._recent: set[int] = set()
        self._recent_told = 0
        self.saved: Sequence[int] = ()
        """What `$` stands for (RFC 5182 §2.1): ascending UIDs; one that is expunged names nothing any more."""

    def load(self, uids: Iterable[int], recent: Iterable[int] = ()) -> None:
        """Begin with these ascending UIDs, which SELECT is about to tell by EXISTS, and no pending change.

        An array of type "I" is shared and never changed, copied at the first arrival: many clients idle in one large mailbox.
        """
        self._is_shared = isinstance(uids, array) and uids.typecode == "I"
        self._uids = uids if isinstance(uids, array) and self._is_shared else array("I", uids)
        self._newest = self._uids[-1] if self._uids else 0
        self.saved = ()
        self._arrived.clear()
        self._gone.clear()
        self._order = []
        self._changed.clear()
        self._told.clear()
        self._recent = set(recent)
        self._recent_told = len(self._recent)

    def __len__(self) -> int:
        """How many messages the client knows: its last EXISTS less the EXPUNGEs since."""
        return len(self._uids)

    @property
    def newest_uid(self) -> int:
        """The highest UID ever loaded or applied, told or gone since; what is above it is an arrival."""
        return self._newest

    @property
    def recent_count(self) -> int:
        """How many messages are \\Recent here."""
        return len(self._recent)

    def forget_recent(self) -> None:
        """No message is \\Recent any more, and none is told to be: IMAP4rev2 has no such flag."""
        self._recent.clear()
        self._recent_told = 0

    def is_recent(self, uid: int) -> bool:
        """Whether FETCH shows \\Recent on this message."""
        return uid in self._recent

    def all_recent(self, uids: Iterable[int]) -> bool:
        """Whether each of them is \\Recent."""
        return self._recent.issuperset(uids)

    @property
    def uids(self) -> Sequence[int]:
        """The UIDs the client knows, ascending; position + 1 is the sequence number. Not to be changed."""
        return self._uids

    def sequence_number(self, uid: int) -> int:
        """The message's number, or 0 when the client does not know it."""
        at = bisect_left(self._uids, uid)
        return at + 1 if at < len(self._uids) and self._uids[at] == uid else 0

    def knows_any(self, low: int, high: int) -> bool:
        """Whether the client knows a message with a UID in this range."""
        return bisect_left(self._uids, low) < bisect_right(self._uids, high)

    def sequence_numbers(self, uids: Sequence[int]) -> Sequence[int]:
        """The numbers of ascending UIDs, 0 for one the client does not know; a run of neighbours costs one comparison."""
        if not uids:
            return ()
        known = self._uids
        at = bisect_left(known, uids[0])
        if known[at : at + len(uids)] == array("I", uids):
            return range(at + 1, at + 1 + len(uids))
        return [self.sequence_number(uid) for uid in uids]

    def numbered(self, uids: Iterable[int]) -> Iterator[tuple[int, int]]:
        """(sequence number, uid) of those the client knows, in the order given."""
        known = self._uids
        count = len(known)
        for uid in uids:
            at = bisect_left(known, uid)
            if at < count and known[at] == uid:
                yield at + 1, uid

    def spans(self, sequence_set: SequenceSet, *, uid: bool) -> list[Span]:
        """The messages a set names, as ascending spans of neighbours; numbers that do not exist name nothing."""
        known = self._uids
        count = len(known)
        if not count:
            return []
        if sequence_set.is_saved:
            return self._spans_of(self.saved)
        if not uid:
            return [
                Span(low, min(high, count), known[low - 1], known[min(high, count) - 1])
                for low, high in sequence_set.resolve(count)
                if low <= count
            ]
        spans: list[Span] = []
        for low, high in sequence_set.resolve(known[-1]):
            first, last = bisect_left(known, low), bisect_right(known, high)
            if first < last:
                spans.append(Span(first + 1, last, known[first], known[last - 1]))
        return spans

    def _spans_of(self, uids: Sequence[int]) -> list[Span]:
        spans: list[Span] = []
        for number, uid in self.numbered(uids):
            if spans and spans[-1].last == number - 1:
                spans[-1] = Span(spans[-1].first, number, spans[-1].first_uid, uid)
            else:
                spans.append(Span(number, number, uid, uid))
        return spans

    @property
    def gone(self) -> Sequence[int]:
        """UIDs of messages that are expunged and still counted by the client, ascending."""
        return sorted(self._gone)

    def uid_ranges(self, sequence_set: SequenceSet, *, uid: bool) -> list[tuple[int, int]]:
        """The spans as (lowest, highest) UID: what a store is asked for. Nothing the client does not know lies in one."""
        return [(span.first_uid, span.last_uid) for span in self.spans(sequence_set, uid=uid)]

    def resolve(self, sequence_set: SequenceSet, *, uid: bool) -> list[int]:
        """The UIDs a set names, ascending, each once."""
        found: list[int] = []
        for span in self.spans(sequence_set, uid=uid):
            found += self._uids[span.first - 1 : span.last]
        return found

    def told(self, uids: Iterable[int], mod_seq: int, *, returns: bool = True) -> None:
        """The client knows these messages' flags up to `mod_seq`: its own STORE, silent or answered. `returns` where `apply` will be told of it too."""
        for uid in uids:
            if returns:
                self._told[uid] = mod_seq
            change = self._changed.get(uid)
            if change is not None and change.mod_seq <= mod_seq:
                del self._changed[uid]

    def apply(self, changes: ViewChanges) -> None:
        """Collect what happened; nothing is told yet."""
        if changes.arrived:
            newest = self.newest_uid
            self._arrived += [uid for uid in changes.arrived if uid > newest]
            self._recent.update(uid for uid in changes.recent if uid > newest)
            self._newest = max(newest, changes.arrived[-1])
        for change in changes.flags:
            told = self._told.pop(change.uid, 0)
            if change.mod_seq <= told:
                # Our own STORE may come back in several pieces; keep the mark until something newer is seen.
                self._told[change.uid] = told
            elif change.uid not in self._gone and self.sequence_number(change.uid):
                self._changed[change.uid] = change
        if changes.expunged:
            self._expunged(changes.expunged)

    def _expunged(self, uids: Sequence[int]) -> None:
        arrived = set(self._arrived)
        for uid in uids:
            self._changed.pop(uid, None)
            self._told.pop(uid, None)
            if uid in arrived:
                arrived.discard(uid)
                self._recent.discard(uid)
            elif self.sequence_number(uid):
                self._gone.add(uid)
                self._order = []
        if len(arrived) != len(self._arrived):
            self._arrived = sorted(arrived)

    def missing(self, there: Sequence[int]) -> list[int]:
        """What this client has been told of, or is about to be, and is not among the ascending UIDs `there`."""
        found = set(self._uids)
        found.update(self._arrived)
        found.difference_update(there)
        return sorted(found - self._gone)

    @property
    def arriving(self) -> Sequence[int]:
        """UIDs whose EXISTS comes with the next `flush`, ascending."""
        return tuple(self._arrived)

    @property
    def pending(self) -> bool:
        """Whether `flush` with everything allowed would say anything."""
        return bool(self._gone or self._arrived or self._changed)

    def without_pending(self, uids: Iterable[int]) -> list[int]:
        """Those whose flags nobody else has changed since this client was told of them."""
        return [uid for uid in uids if uid not in self._changed]

    @property
    def pending_expunge(self) -> bool:
        """Whether messages are gone that the client still counts (EXPUNGEISSUED, RFC 5530 §3)."""
        return bool(self._gone)

    def flush(
        self,
        *,
        allow_expunge: bool,
        uid: bool = False,
        condstore: bool = False,
        vanished: bool = False,
        uid_only: bool = False,
    ) -> list[bytes]:
        """The responses that tell what is pending, now taken as told.

        `allow_expunge` is false in answer to FETCH, STORE and SEARCH by number (RFC 3501 §7.4.1); `uid` puts the UID
        into FETCH, as `condstore` does with MODSEQ; `vanished` says VANISHED for EXPUNGE once QRESYNC is enabled;
        `uid_only` says that and UIDFETCH for FETCH (RFC 9586 §3.3).
        """
        told = self.pieces(
            allow_expunge=allow_expunge, uid=uid, condstore=condstore, vanished=vanished, uid_only=uid_only
        )
        return [response for piece in told for response in piece]

    def pieces(
        self, *, allow_expunge: bool, uid: bool, condstore: bool, vanished: bool, uid_only: bool
    ) -> Iterator[list[bytes]]:
        """The same in short pieces, each told when it is taken: a caller may do other things between them, but not `apply`."""
        while self._gone and allow_expunge:
            yield self._flush_gone(vanished or uid_only)
        responses: list[bytes] = []
        if self._arrived:
            if self._is_shared:
                self._uids = self._uids[:]
                self._is_shared = False
            self._uids.extend(self._arrived)
            self._arrived = []
            responses.append(mailboxes.exists(len(self._uids)))
        if len(self._recent) != self._recent_told:
            self._recent_told = len(self._recent)
            responses.append(mailboxes.recent(self._recent_told))
        if responses:
            yield responses
        while self._changed:
            yield [self._flush_flags(uid, condstore, uid_only)]

    def _flush_gone(self, vanished: bool) -> list[bytes]:
        """From the end, so that no number is moved by the one before it; with VANISHED from the front."""
        if len(self._order) != len(self._gone):
            self._order = sorted(self._gone)
        gone = self._order[:_PIECE] if vanished else self._order[-_PIECE:]
        self._order = self._order[_PIECE:] if vanished else self._order[:-_PIECE]
        known = self._uids
        start = bisect_left(known, gone[0])
        kept = known[:start]
        numbers: list[int] = []
        for uid in gone:
            at = bisect_left(known, uid, start)
            kept += known[start:at]
            numbers.append(at + 1)
            start = at + 1
        kept += known[start:]
        self._uids = kept
        self._is_shared = False
        self._gone.difference_update(gone)
        self._recent.difference_update(gone)
        if vanished:
            return [messages.vanished(gone)]
        return [messages.expunge(number) for number in reversed(numbers)]

    def _flush_flags(self, uid: bool, condstore: bool, uid_only: bool) -> bytes:
        changes = sorted(islice(self._changed.values(), _PIECE))
        for change in changes:
            del self._changed[change.uid]
        if uid_only and condstore:
            return messages.uid_only_lines_with_mod_seq(
                [(change.uid, self._shown(change), change.mod_seq) for change in changes]
            )
        if uid_only:
            return messages.uid_only_lines([(change.uid, self._shown(change)) for change in changes])
        rows = [(self.sequence_number(change.uid), change) for change in changes]
        if condstore:
            return messages.flag_lines_with_mod_seq(
                [(number, change.uid, self._shown(change), change.mod_seq) for number, change in rows]
            )
        if uid:
            return messages.flag_lines([(number, change.uid, self._shown(change)) for number, change in rows])
        return messages.flag_lines_without_uid([(number, self._shown(change)) for number, change in rows])

    def _shown(self, change: FlagChange) -> bytes:
        if change.uid not in self._recent:
            return change.flags
        return b"\\Recent " + change.flags if change.flags else b"\\Recent"
