"""/jobs: long work, with its progress as server-sent events (HTML Living Standard, 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from postroom.admin.jobs import Job, JobState
from postroom.admin.operator import Operator
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk, Desk
from postroom.servers.adminapi.forms import Listing, Part

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobNumber = Annotated[int, InPath(ge=1, le=2**63 - 1)]


class JobView(BaseModel):
    id: int
    kind: str
    title: str
    state: JobState
    done: int
    total: int
    text: str
    started_at: int
    ended_at: int | None
    result: dict[str, Any]


@router.get("", summary="Jobs, newest first")
async def jobs(desk: AtDesk, operator: Asking, part: Part) -> Listing[JobView]:
    found = desk.jobs.jobs(operator)
    return Listing(items=[view(job) for job in found[part.offset : part.offset + part.limit]], total=len(found))


@router.get("/{job_id}", summary="One job")
async def job(job_id: JobNumber, desk: AtDesk, operator: Asking) -> JobView:
    return view(desk.jobs.job(operator, job_id))


@router.delete("/{job_id}", summary="Stop a job", status_code=204)
async def cancel(job_id: JobNumber, desk: AtDesk, operator: Asking) -> None:
    desk.jobs.cancel(operator, job_id)


@router.get(
    "/{job_id}/events",
    summary="Progress as it comes: events named progress, and end",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "A job in each event's data"}},
)
async def events(job_id: JobNumber, desk: AtDesk, operator: Asking) -> StreamingResponse:
    desk.jobs.job(operator, job_id)  # before the answer begins
    return StreamingResponse(_events(desk, operator, job_id), media_type="text/event-stream")


async def _events(desk: Desk, operator: Operator, job_id: int) -> AsyncIterator[str]:
    async for found in desk.jobs.watch(operator, job_id):
        if found is None:
            yield ": still there\n\n"
            continue
        name = "progress" if found.state is JobState.RUNNING else "end"
        yield f"event: {name}\ndata: {view(found).model_dump_json()}\n\n"


def view(found: Job) -> JobView:
    return JobView(
        id=found.job_id,
        kind=found.kind,
        title=found.title,
        state=found.state,
        done=found.done,
        total=found.total,
        text=found.text,
        started_at=found.started_at,
        ended_at=found.ended_at,
        result=found.result,
    )
