"""QueueRunner: takes what is due, in every worker; each next hop has its own lane of a few connections.

    enqueue ─▶ lane (leased, at once) ─┐
    database ─▶ look for what is due ──┴▶ lane of the next hop ─▶ connection ─▶ reports ─▶ outcome (one transaction)

A hop that can't be reached rests: what is due for it is put off by the same report without being tried, and when the rest is over one message tries first. Killed at any instant, a recipient's lease runs out or is given back at the next start, and it is tried again: what the other server had
taken without our reading its reply comes twice, nothing is lost (THREATS D11).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from postroom.model.envelope import Envelope
from postroom.model.errors import MailError
from postroom.model.ids import QueueId
from postroom.model.ports import Clock, Directory, QueueStore
from postroom.model.relaying.queue import AT_ONCE, Lease, QueuedLetter, QueueItem
from postroom.model.relaying.relay import Carrier, Line, Parcel, Progress, Report
from postroom.mta.queue.lanes import Job, Lane, jobs
from postroom.mta.queue.local import LocalHand
from postroom.mta.queue.outcome import Outcome
from postroom.settings.relay import RelaySettings

log = structlog.get_logger()

LOCAL = ""  # the lane of this server's own mailboxes
LOOK_EVERY = 2.0  # seconds between looks at the database; what is enqueued here needs none
LEASE_SECONDS = 300
RENEW_EVERY = 60.0
LINGER = 2.0  # seconds that a connection is kept for the next message
REST_SECONDS = 60.0  # after a hop could not be reached, doubled each time in a row
LONGEST_REST = 900.0
GRACE = 8.0  # seconds to end what is on its way when the server stops
MOST_DOMAINS = 10_000  # of one look
_PAGE = 500  # recipients of a resting hop that are put off in one transaction
_LOCAL_AT_ONCE = 8
_FIRST_CONNECTIONS = 5  # to a hop that has taken nothing yet


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does the work."""

    carrier: Carrier
    local: LocalHand
    outcome: Outcome


class QueueRunner:
    """One per worker; `run` until cancelled. `owner` names the worker for its leases, the same after a restart; `share` is its part of all connections."""

    def __init__(
        self,
        store: QueueStore,
        hands: Hands,
        surroundings: tuple[Directory, Clock],
        settings: Callable[[], RelaySettings],
        owner: str,
        workers: int = 1,
    ) -> None:
        self._store = store
        self._hands = hands
        self._directory, self._clock = surroundings
        self._settings = settings
        self._owner = owner
        self._workers = workers
        self._lanes: dict[str, Lane] = {}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[Lane] = []
        self._local_domains: frozenset[str] = frozenset()
        self._connections = 0
        self._held: set[QueueId] = set()
        self._nudge = asyncio.Event()
        """There may be something due."""
        self._closing = False
        self._ready = False

    @property
    def is_ready(self) -> bool:
        """It takes mail: its old leases have been given back."""
        return self._ready

    @property
    def connections(self) -> int:
        """Open now, those to this server's own mailboxes among them."""
        return self._connections

    # what dispatch asks: see feed.Taker

    def lease(self, envelope: Envelope) -> Lease | None:
        """For a message whose lanes are open and have room."""
        if not self._ready or self._closing:
            return None
        for domain in {recipient.forward_path.domain for recipient in envelope.recipients}:
            if not self._may_go(domain):
                return None
            lane = self._lanes.get(self._hop(domain))
            if lane is not None and (lane.room <= 0 or self._is_resting(lane)):
                return None
        return self._lease()

    def take(self, items: Sequence[QueueItem]) -> None:
        """Start on them; while the runner ends they wait for the next one."""
        if self._closing:
            return
        self._held.update(item.queue_id for item in items)
        by_hop: dict[str, list[QueueItem]] = {}
        for item in items:
            by_hop.setdefault(self._hop(item.recipient.forward_path.domain), []).append(item)
        for hop, group in by_hop.items():
            lane = self._lane(hop)
            for job in jobs(group):
                lane.put(job)
            self._staff(lane)

    # the life of the runner

    async def run(self) -> None:
        """Until cancelled; then what is on its way is ended, within GRACE."""
        await self._begin()
        async with asyncio.TaskGroup() as tasks:
            self._group = tasks
            renewing = tasks.create_task(self._renew())
            try:
                while True:
                    try:
                        await self.look()
                    except MailError as error:
                        log.error("queue can't be read", reason=error.detail or error.public)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_EVERY):
                            await self._nudge.wait()
            finally:
                renewing.cancel()
                await self._drain()

    async def look(self) -> int:
        """Take what is due into the lanes; returns how many recipients were taken or put off."""
        self._nudge.clear()
        self._local_domains = frozenset(await self._directory.local_domains())
        found = 0
        for domain in await self._store.due_domains(self._clock.now(), MOST_DOMAINS):
            if not self._may_go(domain):
                continue
            lane = self._lane(self._hop(domain))
            if self._is_resting(lane):
                found += await self._put_off(domain, lane)
            elif lane.room > 0:
                items = await self._store.claim(domain, self._lease(), self._clock.now(), lane.room)
                self.take(items)
                found += len(items)
        self._forget_lanes()
        return found

    async def _begin(self) -> None:
        while True:
            try:
                await self._store.free(self._owner)
                self._local_domains = frozenset(await self._directory.local_domains())
                break
            except MailError as error:
                log.error("queue can't be read", reason=error.detail or error.public)
                await asyncio.sleep(LOOK_EVERY)
        self._ready = True

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                await self._store.renew(self._lease(), tuple(self._held))
            except MailError as error:
                log.error("leases can't be renewed", reason=error.detail or error.public)

    async def _drain(self) -> None:
        self._closing = True
        for lane in self._lanes.values():
            lane.clear()
            lane.wake.set()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=GRACE)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        with contextlib.suppress(MailError):  # they run out by themselves
            await self._store.free(self._owner)

    # lanes and their connections

    def _may_go(self, domain: str) -> bool:
        return domain in self._local_domains or self._settings().enabled

    def _hop(self, domain: str) -> str:
        return LOCAL if domain in self._local_domains else self._hands.carrier.next_hop(domain)

    def _lane(self, next_hop: str) -> Lane:
        lane = self._lanes.get(next_hop)
        if lane is None:
            lane = self._lanes[next_hop] = Lane(next_hop)
        return lane

    def _forget_lanes(self) -> None:
        for hop in [hop for hop, lane in self._lanes.items() if self._is_idle(lane)]:
            del self._lanes[hop]

    def _is_idle(self, lane: Lane) -> bool:
        return (
            not len(lane) and not lane.working and lane.resting_until + LONGEST_REST < asyncio.get_running_loop().time()
        )

    def _is_resting(self, lane: Lane) -> bool:
        return lane.resting_until > asyncio.get_running_loop().time()

    def _lease(self) -> Lease:
        return Lease(self._owner, self._clock.now() + LEASE_SECONDS)

    def _share(self, total: int) -> int:
        return max(1, -(-total // self._workers))

    def _staff(self, lane: Lane) -> None:
        """As many connections as its jobs need and the limits allow."""
        settings = self._settings()
        most = self._most(lane, settings)
        while len(lane) > lane.idle and lane.working < most:
            total = self._share(settings.connections)
            # mail that has failed before gets half of the connections at most: fresh mail never waits for dead hosts
            room = total if lane.fresh or lane.next_hop == LOCAL else max(1, total // 2)
            if self._connections >= room:
                if lane not in self._waiting:
                    self._waiting.append(lane)
                return
            lane.working += 1
            lane.idle += 1
            self._connections += 1
            assert self._group is not None
            task = self._group.create_task(self._work(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _most(self, lane: Lane, settings: RelaySettings) -> int:
        """Connections that a lane may have now."""
        if lane.next_hop == LOCAL:
            return _LOCAL_AT_ONCE
        if lane.rests:
            return 1  # it tries whether the hop is back
        first = self._share(min(_FIRST_CONNECTIONS, settings.connections_per_host))
        return min(first + lane.taken, self._share(settings.connections_per_host))

    async def _work(self, lane: Lane) -> None:
        """The life of one connection."""
        line: Line | None = None
        lane.idle -= 1
        try:
            line = self._hands.carrier.line(lane.next_hop) if lane.next_hop != LOCAL else None
            while (job := await self._next_job(lane)) is not None:
                await self._do(lane, job, line)
        except Exception:
            log.exception("connection failed", next_hop=lane.next_hop)
        finally:
            lane.working -= 1
            self._connections -= 1
            if line is not None:
                with contextlib.suppress(Exception):
                    await line.close()
            if not self._closing:
                waiting, self._waiting = self._waiting, []
                for other in (*waiting, lane):
                    self._staff(other)

    async def _next_job(self, lane: Lane) -> Job | None:
        end = asyncio.get_running_loop().time() + LINGER
        while not self._closing and not self._is_resting(lane):
            job = lane.next_job()
            if job is not None or lane.next_hop == LOCAL or self._waiting:
                return job
            lane.idle += 1
            try:
                async with asyncio.timeout_at(end):
                    await lane.wake.wait()
            except TimeoutError:
                return None
            finally:
                lane.idle -= 1
        return None

    async def _do(self, lane: Lane, job: Job, line: Line | None) -> None:
        """One job to its written end; what goes wrong here is ours, and its recipients are tried again when their leases run out."""
        try:
            items = [item for item in job.items if self._store.has_lease(item.queue_id, self._owner)]
            letter = await self._store.letter(job.message_id) if items else None
            if letter is None:
                return
            if line is None:
                for item in items:
                    await self._deliver(item, letter)
            else:
                await self._send(lane, letter, items, line)
        except MailError as error:
            log.error("queue can't be written", reason=error.detail or error.public)
            await asyncio.sleep(1.0)
        except Exception:
            log.exception("attempt failed", message_id=job.message_id, next_hop=lane.next_hop)
            await asyncio.sleep(1.0)
        finally:
            self._held.difference_update(item.queue_id for item in job.items)

    async def _deliver(self, item: QueueItem, letter: QueuedLetter) -> None:
        result = await self._hands.local.attempt(item, letter)
        if isinstance(result, Report):
            await self._settle([item], [result], is_final=True)
        else:
            await self._store.redirect(item.queue_id, result)
            self._nudge.set()

    async def _send(self, lane: Lane, letter: QueuedLetter, items: Sequence[QueueItem], line: Line) -> None:
        envelope = replace(letter.envelope, recipients=tuple(item.recipient for item in items))
        reports = await line.send(Parcel(envelope, letter.content, letter.prefix))
        is_down = all(report.of_host and report.progress is Progress.DEFERRED for report in reports)
        if is_down:
            self._rest(lane, reports[0])
        else:
            lane.rests, lane.reason = 0, None
            lane.taken = 0 if any(report.progress is Progress.DEFERRED for report in reports) else lane.taken + 1
        await self._settle(items, reports)
        if is_down:
            await self._settle_unsent(lane.clear(), reports[0])
        else:
            self._staff(lane)

    async def _settle(self, items: Sequence[QueueItem], reports: Sequence[Report], *, is_final: bool = False) -> None:
        """Recipients of one message. Raises TryLater."""
        results = list(zip(items, reports, strict=True))
        if await self._hands.outcome.settle(items[0].message_id, results, is_final=is_final):
            self._nudge.set()

    # hops that can't be reached

    def _rest(self, lane: Lane, report: Report) -> None:
        if not self._is_resting(lane):
            lane.rests += 1
            pause = min(REST_SECONDS * 2 ** min(lane.rests - 1, 8), LONGEST_REST)
            lane.resting_until = asyncio.get_running_loop().time() + pause
            log.warning("next hop rests", next_hop=lane.next_hop, seconds=int(pause), reply=report.reply)
        lane.reason = report

    async def _put_off(self, domain: str, lane: Lane) -> int:
        """All that is due for a resting hop, by the report for which it rests, unless an operator wants to know; returns how many."""
        count = 0
        while lane.reason is not None and not self._closing:
            items = await self._store.claim(domain, self._lease(), self._clock.now(), _PAGE)
            if not items:
                break
            count += len(items)
            if any(item.next_attempt_at == AT_ONCE for item in items):
                lane.resting_until = 0.0
                self.take(items)
                break
            await self._settle_unsent(jobs(items), lane.reason)
        return count

    async def _settle_unsent(self, unsent: Sequence[Job], report: Report) -> None:
        try:
            await asyncio.gather(
                *(self._hands.outcome.settle(job.message_id, [(item, report) for item in job.items]) for job in unsent)
            )
        finally:
            self._held.difference_update(item.queue_id for job in unsent for item in job.items)
