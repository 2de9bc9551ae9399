"""Follower: what the mail's accounts went through is brought into their indexes, in the background.

One process of a server follows. It is told of changes (a notice lost is made up for by the next round over all accounts), and works in small batches with rests
between them, longer ones while the machine is busy. Whatever it has not come to, searches do for themselves.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from postroom.index.index_file import IndexDamagedError, IndexFile
from postroom.index.index_files import IndexFiles, IndexUnusable
from postroom.index.indexing import BATCH, Done, Indexing
from postroom.model.errors import MailError, NotFound
from postroom.model.ids import AccountId, EmailId
from postroom.model.operation.indexing import AccountIndex, IndexProgress
from postroom.model.text_index import IndexedMail
from postroom.settings.search import SearchSettings

log = structlog.get_logger()

SETTLING = 1.0  # seconds after a notice: what comes right behind it goes into the same batch
_ROUND = 6 * 3600.0  # seconds between two looks at all accounts: a few milliseconds for each
_CENSUS = 60.0  # seconds between two looks at which accounts there are: some 10 µs for each
_GLANCE = 1.0  # seconds between two looks at the settings and at what an operator wants
_LISTED = 1000  # emails listed at a time
_REST = 0.5  # of the time that a batch took
_BUSY = 1.5  # that want to run, for each processor
_BUSY_REST = 4.0  # of the time that a batch took, on a machine that is busy
_TURN = 10.0  # seconds for one account while others wait
_PACE_OVER = 60.0  # seconds of which the pace is told
_DAMAGED_AGAIN = 3  # times in one visit that an index is made anew


class _CalledOffError(Exception):
    """A visit ends before its work does: the settings changed, or others have waited long enough."""


@dataclass(slots=True)
class _Visit:
    """How far one account is."""

    account_id: AccountId
    indexed: int
    waiting: int
    since: float = field(default_factory=time.monotonic)
    worked_from: float = field(default_factory=time.monotonic)
    told_at: float = 0.0


class Follower:
    """`run` until cancelled; `notice` on its loop."""

    def __init__(
        self,
        mail: IndexedMail,
        files: IndexFiles,
        indexing: Indexing,
        states: IndexProgress,
        *,
        settings: Callable[[], SearchSettings],
        accounts: Callable[[], Sequence[AccountId]],
    ) -> None:
        self._mail = mail
        self._files = files
        self._indexing = indexing
        self._states = states
        self._settings = settings
        self._accounts = accounts
        self._wanted: dict[AccountId, float] = {}
        self._woken = asyncio.Event()
        self._done: list[tuple[float, int]] = []
        self._there: frozenset[AccountId] | None = None
        self._next_census = 0.0
        self._visiting = False
        self._told_pace: tuple[int, float] | None = None
        self._in_force: tuple[bool, bool] | None = None

    def notice(self, account_id: AccountId) -> None:
        """Something changed there."""
        self._wanted.setdefault(account_id, time.monotonic() + SETTLING)
        self._woken.set()

    @property
    def is_busy(self) -> bool:
        """Whether something waits or is worked at."""
        return bool(self._wanted) or self._visiting

    async def run(self) -> None:
        """Until cancelled."""
        next_round = time.monotonic()
        while True:
            now = time.monotonic()
            settings = self._settings()
            if (settings.enabled, settings.cjk_characters) != self._in_force:
                self._in_force = (settings.enabled, settings.cjk_characters)
                next_round = now
            await self._rebuild_wanted()
            if now >= min(next_round, self._next_census):
                new = await self._count_accounts()
                for account_id in new if now < next_round else self._there or ():
                    self._wanted.setdefault(account_id, now)
                if now >= next_round:
                    next_round = now + _ROUND
            self._note_pace()
            if settings.paused and settings.enabled:
                await asyncio.sleep(_GLANCE)
                continue
            due = next((account_id for account_id, at in self._wanted.items() if at <= now), None)
            if due is not None:
                del self._wanted[due]
                self._visiting = True
                try:
                    await self._visit(due)
                finally:
                    self._visiting = False
                continue
            self._woken.clear()
            try:
                async with asyncio.timeout(_GLANCE):
                    await self._woken.wait()
                await asyncio.sleep(SETTLING / 4)
            except TimeoutError:
                pass

    async def _count_accounts(self) -> frozenset[AccountId]:
        """Those that came since the last time; of those that went nothing waits any more."""
        self._next_census = time.monotonic() + _CENSUS
        there = frozenset(await asyncio.to_thread(self._accounts))
        before = self._there
        if there == before:
            return frozenset()
        try:
            self._states.forget_others(sorted(there))
        except MailError as error:
            log.warning("state of the index not kept", reason=error.detail or error.public)
        self._there = there
        return there - (before or frozenset())

    async def _visit(self, account_id: AccountId) -> None:
        for _ in range(_DAMAGED_AGAIN):
            try:
                if self._settings().enabled:
                    await self._bring_up(account_id)
                else:
                    await self._remove(account_id)
            except IndexDamagedError as error:
                await self._discard(account_id, str(error))
            except _CalledOffError:
                self._wanted[account_id] = time.monotonic()
                return
            except NotFound:
                self._states.forget(account_id)
                return
            except (MailError, OSError) as error:
                reason = error.detail or error.public if isinstance(error, MailError) else str(error)
                log.warning("account not indexed", account=account_id, reason=reason)
                return
            except Exception as error:
                log.exception("account not indexed", account=account_id, error=str(error))
                return
            else:
                return

    async def _remove(self, account_id: AccountId) -> None:
        """The index is off: the file goes, and what was to be forgotten is."""
        if await asyncio.to_thread(self._files.path(account_id).exists):
            await self._discard(account_id)
        while gone := await self._mail.removed(account_id, _LISTED):
            await self._mail.forget_removed(account_id, gone)
        self._states.note([AccountIndex(account_id, 0, 0, 0)])

    async def _bring_up(self, account_id: AccountId) -> None:
        if not await self._mail.last_email_id(account_id) and not await asyncio.to_thread(
            self._files.path(account_id).exists
        ):
            # most accounts of a large server may never have had mail: an empty index is 90 KiB
            self._states.note([AccountIndex(account_id, 0, 0, 0)])
            return
        async with self._files.use(account_id) as file:
            await self._indexing.forget_removed(account_id, file)
            indexed, waiting = await self._counted(account_id, file)
            visit = _Visit(account_id, indexed, waiting)
            await self._tell(visit, file)

            async def done(count: int) -> None:
                await self._batch_done(visit, file, count)

            if waiting:
                await self._indexing.renew_tokens(file, done)
                await self._add_new(account_id, file, done)
                visit.indexed, visit.waiting = await self._counted(account_id, file)
                await self._tell(visit, file)

    async def _counted(self, account_id: AccountId, file: IndexFile) -> tuple[int, int]:
        """(messages in the index, those that wait). What searches have indexed meanwhile is passed over for good."""
        whole_cjk = not self._settings().cjk_characters
        last = await self._mail.last_email_id(account_id)
        reached, indexed = await self._files.run(lambda: (file.indexed_to, file.count()))
        outdated = await self._files.run(lambda: len(file.outdated(whole_cjk=whole_cjk)))
        new = 0
        above = reached
        while some := await self._mail.email_ids(account_id, EmailId(above), _LISTED):
            there = await self._files.run(lambda some=some: file.present(some))  # type: ignore[misc]
            new += len(some) - len(there)
            above = some[-1]
        if not new and last > reached:
            await self._files.run(lambda: file.advance(last))
        return indexed - outdated, new + outdated

    async def _add_new(self, account_id: AccountId, file: IndexFile, done: Done) -> None:
        above = EmailId(await self._files.run(lambda: file.indexed_to))
        is_whole = True
        while some := await self._mail.email_ids(account_id, above, BATCH):
            unreadable = await self._indexing.add(account_id, file, some, done, tolerant=True)
            is_whole = is_whole and not unreadable
            above = some[-1]
            if is_whole:
                await self._files.run(lambda above=above: file.advance(above))  # type: ignore[misc]

    async def _batch_done(self, visit: _Visit, file: IndexFile, count: int) -> None:
        """Tell, rest, and give way. Raises _CalledOffError."""
        now = time.monotonic()
        self._done.append((now, count))
        visit.indexed += count
        visit.waiting = max(visit.waiting - count, 0)
        if now - visit.told_at > _GLANCE:
            await self._tell(visit, file)
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        await asyncio.sleep((now - visit.worked_from) * (_BUSY_REST if load > _BUSY else _REST))
        visit.worked_from = now = time.monotonic()
        settings = self._settings()
        if settings.paused or (settings.enabled, settings.cjk_characters) != self._in_force:
            raise _CalledOffError
        if now - visit.since > _TURN and any(at <= now for at in self._wanted.values()):
            raise _CalledOffError

    async def _tell(self, visit: _Visit, file: IndexFile) -> None:
        visit.told_at = time.monotonic()
        size = await self._files.run(file.size)
        self._states.note([AccountIndex(visit.account_id, visit.indexed, visit.waiting, size)])
        self._note_pace()

    def _note_pace(self) -> None:
        now = time.monotonic()
        self._done = [one for one in self._done if one[0] > now - _PACE_OVER]
        total = sum(count for _, count in self._done)
        over = max(now - self._done[0][0], 1.0) if self._done else 1.0
        pace = (len(self._there or ()), round(total / over, 1))
        if pace == self._told_pace:
            return
        try:
            self._states.note_pace(*pace)
            self._told_pace = pace
        except MailError as error:
            log.warning("state of the index not kept", reason=error.detail or error.public)

    async def _rebuild_wanted(self) -> None:
        try:
            wanted = self._states.take_rebuilds()
        except MailError as error:
            log.warning("state of the index not read", reason=error.detail or error.public)
            return
        if not wanted:
            return
        account_ids = [one for one in wanted if one is not None]
        if None in wanted:
            account_ids = list(await asyncio.to_thread(self._accounts))
        for account_id in account_ids:
            await self._discard(account_id)
            self.notice(account_id)

    async def _discard(self, account_id: AccountId, reason: str = "") -> None:
        try:
            await self._files.discard(account_id, reason)
        except IndexUnusable as error:
            log.warning("account not indexed", account=account_id, reason=error.detail or error.public)
