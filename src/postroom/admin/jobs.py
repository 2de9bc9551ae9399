"""Jobs: long work that an operator starts and watches: imports, backups, orders of certificates. They live in the process that serves the console; one that is cut off by its end is started again by whoever wants it, and each of them can be done twice without harm."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from postroom.admin.operator import Operator
from postroom.model.errors import Conflict, MailError, NotFound, OverLimit
from postroom.model.ids import AccountId
from postroom.model.ports import Clock

log = structlog.get_logger()

_KEPT = 100  # jobs that have ended
_AT_ONCE = 4
_QUIET = 15.0  # seconds without news until a watcher hears that all is as it was

Progress = Callable[[int, int, str], None]
"""Done, in all, and what it is at."""
Work = Callable[[Progress], Awaitable[dict[str, Any]]]


class JobState(enum.StrEnum):
    """Where a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Job:
    """One piece of work. `result` is plain JSON; `text` what it is at, or why it failed."""

    job_id: int
    kind: str
    title: str
    owner: AccountId | None
    started_at: int
    state: JobState = JobState.RUNNING
    done: int = 0
    total: int = 0
    text: str = ""
    ended_at: int | None = None
    result: dict[str, Any] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Jobs:
    """`run` must be at work for any to be done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._wanted: asyncio.Queue[tuple[Job, Work]] = asyncio.Queue()

    async def run(self) -> None:
        """Until cancelled; what runs then is cut off."""
        async with asyncio.TaskGroup() as group:
            while True:
                job, work = await self._wanted.get()
                self._tasks[job.job_id] = group.create_task(self._do(job, work))

    def start(self, operator: Operator, kind: str, title: str, work: Work) -> Job:
        """Raises OverLimit while too many run, Conflict while one of this kind does."""
        running = [job for job in self._jobs.values() if job.state is JobState.RUNNING]
        if len(running) >= _AT_ONCE:
            raise OverLimit(f"at most {_AT_ONCE} jobs run at once; wait until one has ended")
        if any(job.kind == kind for job in running):
            raise Conflict("a job of this kind is running already")
        job = Job(max(self._jobs, default=0) + 1, kind, title, operator.account_id, self._clock.now())
        self._jobs[job.job_id] = job
        for old in sorted(self._jobs)[:-_KEPT]:
            if self._jobs[old].state is not JobState.RUNNING:
                del self._jobs[old]
        self._wanted.put_nowait((job, work))
        return job

    def jobs(self, operator: Operator) -> list[Job]:
        """Newest first: all, or one's own."""
        return [job for job in sorted(self._jobs.values(), key=lambda job: -job.job_id) if _sees(operator, job)]

    def job(self, operator: Operator, job_id: int) -> Job:
        """Raises NotFound."""
        found = self._jobs.get(job_id)
        if found is None or not _sees(operator, found):
            raise NotFound("there is no such job; they are forgotten when the server ends")
        return found

    def cancel(self, operator: Operator, job_id: int) -> None:
        """Raises NotFound, Conflict where it has ended."""
        job = self.job(operator, job_id)
        task = self._tasks.get(job_id)
        if job.state is not JobState.RUNNING or task is None:
            raise Conflict("this job has ended")
        task.cancel()

    async def watch(self, operator: Operator, job_id: int) -> AsyncIterator[Job | None]:
        """The job at once, after each change, and at its end, which is the last; None when nothing has happened for a while. Raises NotFound."""
        job = self.job(operator, job_id)
        while True:
            changed = job.changed
            yield job
            if job.state is not JobState.RUNNING:
                return
            while not changed.is_set():
                try:
                    async with asyncio.timeout(_QUIET):
                        await changed.wait()
                except TimeoutError:
                    yield None

    async def _do(self, job: Job, work: Work) -> None:
        def progress(done: int, total: int, text: str) -> None:
            job.done, job.total, job.text = done, total, text
            _tell(job)

        state, text = JobState.DONE, ""
        try:
            job.result = await work(progress)
        except asyncio.CancelledError:
            state, text = JobState.CANCELLED, "stopped"
        except MailError as error:
            state, text = JobState.FAILED, error.public
            log.error("job failed", job=job.kind, reason=error.detail or error.public)
        except Exception as error:
            state, text = JobState.FAILED, "internal error; the log has more"
            log.exception("job failed", job=job.kind, reason=repr(error))
        job.state, job.ended_at = state, self._clock.now()
        job.text = text or job.text
        self._tasks.pop(job.job_id, None)
        _tell(job)


def _tell(job: Job) -> None:
    """Whoever waits is woken; the next waits for the next."""
    changed, job.changed = job.changed, asyncio.Event()
    changed.set()


def _sees(operator: Operator, job: Job) -> bool:
    return operator.domains is None or (job.owner is not None and job.owner == operator.account_id)
