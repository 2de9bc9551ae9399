"""Jobs: progress by server-sent events, ends of each kind, and whose they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from admin_api import Browser, Office
from postroom.admin.jobs import Jobs, Progress
from postroom.admin.operator import Operator
from postroom.model.errors import Conflict, NotFound, OverLimit, TryLater
from postroom.model.ids import AccountId

ALL = Operator("admin")
KEEPER = Operator("keeper", frozenset({"example.test"}), account_id=AccountId(7))


class Clock:
    def now(self) -> int:
        return 1_700_000_000


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    made = Jobs(Clock())
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.wait([running])


async def states(jobs: Jobs, operator: Operator, number: int) -> list[tuple[str, int, int, str]]:
    found = []
    async with asyncio.timeout(5):
        async for job in jobs.watch(operator, number):
            assert job is not None
            found.append((job.state.value, job.done, job.total, job.text))
    return found


async def test_progress_is_told_and_the_end_comes_last(jobs: Jobs) -> None:
    async def work(progress: Progress) -> dict[str, Any]:
        for number in range(1, 4):
            progress(number, 3, f"step {number}")
            await asyncio.sleep(0.01)
        return {"added": 3}

    job = jobs.start(ALL, "import", "Import", work)
    found = await states(jobs, ALL, job.job_id)
    assert found[-1][:3] == ("done", 3, 3)
    assert {"step 1", "step 2", "step 3"} <= {text for _, _, _, text in found}
    assert job.result == {"added": 3} and job.ended_at == 1_700_000_000
    assert (await states(jobs, ALL, job.job_id))[0][0] == "done", "one that has ended says so at once"


@pytest.mark.parametrize(
    ("error", "text"),
    [(TryLater("the disk is full"), "the disk is full"), (ValueError("secret"), "internal error; the log has more")],
)
async def test_a_failure_is_told_in_words(jobs: Jobs, error: Exception, text: str) -> None:
    async def work(progress: Progress) -> dict[str, Any]:
        raise error

    job = jobs.start(ALL, "backup", "Backup", work)
    assert (await states(jobs, ALL, job.job_id))[-1] == ("failed", 0, 0, text)
    following = jobs.start(ALL, "backup", "Backup", work)
    assert (await states(jobs, ALL, following.job_id))[-1][0] == "failed", "the next one runs all the same"


async def test_stopping_one(jobs: Jobs) -> None:
    async def work(progress: Progress) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    job = jobs.start(ALL, "backup", "Backup", work)
    with pytest.raises(Conflict):
        jobs.start(ALL, "backup", "Backup", work)
    await asyncio.sleep(0.01)
    jobs.cancel(ALL, job.job_id)
    assert (await states(jobs, ALL, job.job_id))[-1][0] == "cancelled"
    with pytest.raises(Conflict):
        jobs.cancel(ALL, job.job_id)


async def test_only_some_at_once(jobs: Jobs) -> None:
    async def work(progress: Progress) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    for number in range(4):
        jobs.start(ALL, f"kind {number}", "", work)
    with pytest.raises(OverLimit):
        jobs.start(ALL, "one more", "", work)


async def test_others_jobs_are_not_there(jobs: Jobs) -> None:
    async def work(progress: Progress) -> dict[str, Any]:
        return {}

    of_admin, own = jobs.start(ALL, "a", "", work), jobs.start(KEEPER, "b", "", work)
    assert [job.job_id for job in jobs.jobs(KEEPER)] == [own.job_id]
    assert len(jobs.jobs(ALL)) == 2
    with pytest.raises(NotFound):
        jobs.job(KEEPER, of_admin.job_id)
    with pytest.raises(NotFound):
        jobs.cancel(KEEPER, of_admin.job_id)


async def test_events_as_a_browser_reads_them(desk: Office, admin: Browser) -> None:
    async def work(progress: Progress) -> dict[str, Any]:
        progress(1, 2, "half")
        return {"count": 2}

    found = desk.app.state.desk.jobs
    running = asyncio.create_task(found.run())
    job = found.start(ALL, "import", "Import", work)
    answer = await admin.ask("GET", f"/jobs/{job.job_id}/events")
    running.cancel()
    await asyncio.wait([running])
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [part.split("\n") for part in answer.body.decode().strip().split("\n\n")]
    assert events[-1][0] == "event: end"
    assert json.loads(events[-1][1].removeprefix("data: "))["result"] == {"count": 2}
    assert (await admin.ask("GET", f"/jobs/{job.job_id + 1}/events")).status == 404
    assert (await desk.browser().ask("GET", "/jobs")).status == 401
