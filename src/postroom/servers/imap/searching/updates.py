"""Updates: searches whose results go on telling how they change, ADDTO and REMOVEFROM (RFC 5267 §4.3).

What changed in the mailbox is collected; where changes are told each search looks at those messages again: what leaves a result is told before the EXPUNGE of
its message, what enters it after the EXISTS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from postroom.access.search.evaluate import Search
from postroom.access.search.order import Order, Place
from postroom.model.errors import MailError
from postroom.wire.imap.responses import search as responses
from postroom.wire.imap.responses.status import Condition, no_update, untagged
from postroom.wire.imap.view import SelectedView

log = structlog.get_logger()

MAX_SEARCHES = 8  # of one session: a client shows a view or two; each looks at every change
MAX_MEMBERS = 250_000  # messages in the results of one session together: some 100 octets each where they are sorted

_Changes = list[tuple[int, Sequence[int]]]


@dataclass(slots=True)
class Updating:
    """One search: its result as last told. With `order` the places in their order, without it only who is in it."""

    tag: bytes
    uid: bool
    search: Search
    members: set[int]
    order: Order | None = None
    places: list[Place] = field(default_factory=list)
    _entering: list[int] = field(default_factory=list)
    _entering_places: list[Place] = field(default_factory=list)

    async def look(self, changed: Sequence[int], gone: Sequence[int]) -> list[int]:
        """Ask again for `changed`; returns what leaves the result, and remembers what enters it. Raises MailError."""
        matched = {match.uid for match in await self.search.run(changed, scattered=True)}
        leaving = [uid for uid in changed if uid in self.members and uid not in matched]
        leaving += [uid for uid in gone if uid in self.members]
        self._entering = sorted(matched.difference(self.members, gone))
        if self.order is not None and self._entering:
            self._entering_places = await self.order.places(self._entering)
        return sorted(set(leaving))

    def leave(self, uids: Sequence[int]) -> _Changes:
        """Take them out; the last place first, so that no place moves before it is told."""
        self.members.difference_update(uids)
        if self.order is None:
            return [(0, uids)]
        out = set(uids)
        found: _Changes = [(at, [place[0]]) for at, place in enumerate(self.places, 1) if place[0] in out]
        self.places = [place for place in self.places if place[0] not in out]
        found.reverse()
        return found

    def enter(self) -> _Changes:
        """Put in what `look` has found, one by one."""
        if self.order is None:
            uids, self._entering = self._entering, []
            self.members.update(uids)
            return [(0, uids)] if uids else []
        found: _Changes = []
        for place in self._entering_places:
            at = self.order.index(self.places, place)
            self.places.insert(at, place)
            self.members.add(place[0])
            found.append((at + 1, [place[0]]))
        self._entering_places = []
        return found


class Updates:
    """Those of one selected mailbox."""

    __slots__ = ("_changed", "_searches")

    def __init__(self) -> None:
        self._searches: dict[bytes, Updating] = {}
        self._changed: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._searches)

    def has(self, tag: bytes) -> bool:
        """Whether this search still tells changes."""
        return tag in self._searches

    def add(self, updating: Updating) -> bool:
        """False when there is no room."""
        members = len(updating.members) + sum(len(each.members) for each in self._searches.values())
        if len(self._searches) >= MAX_SEARCHES or (self._searches and members > MAX_MEMBERS):
            return False
        self._searches[updating.tag] = updating
        return True

    def cancel(self, tags: Iterable[bytes]) -> bool:
        """All or none; false when one of them tells nothing."""
        wanted = set(tags)
        if not wanted <= self._searches.keys():
            return False
        for tag in wanted:
            del self._searches[tag]
        return True

    def clear(self) -> None:
        """No mailbox is selected any more."""
        self._searches.clear()
        self._changed.clear()

    def note(self, uids: Iterable[int]) -> None:
        """These arrived, or their flags changed."""
        if self._searches:
            self._changed.update(uids)

    async def before_flush(self, view: SelectedView, *, allow_expunge: bool) -> list[bytes]:
        """What leaves the results, while its numbers are still valid; what is gone waits where its EXPUNGE has to."""
        gone = view.gone if allow_expunge else []
        changed, self._changed = sorted(self._changed.difference(view.gone)), set()
        if not changed and not gone:
            return []
        told: list[bytes] = []
        for tag, updating in list(self._searches.items()):
            try:
                leaving = await updating.look(changed, gone)
            except MailError as error:
                log.warning("search not updated", reason=error.detail or error.public)
                del self._searches[tag]
                told.append(untagged(Condition.NO, "The search can't be repeated", no_update(tag)))
                continue
            if leaving:
                told.append(
                    responses.removed_from(tag, _numbered(view, updating, updating.leave(leaving)), uid=updating.uid)
                )
        return told

    def after_flush(self, view: SelectedView) -> list[bytes]:
        """What enters the results, now that it has numbers."""
        told: list[bytes] = []
        for tag, updating in self._searches.items():
            changes = updating.enter()
            if changes:
                told.append(responses.added_to(tag, _numbered(view, updating, changes), uid=updating.uid))
        return told


def _numbered(view: SelectedView, updating: Updating, changes: _Changes) -> _Changes:
    if updating.uid:
        return changes
    return [(position, view.sequence_numbers(uids)) for position, uids in changes]
