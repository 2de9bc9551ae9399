"""/accounts.csv and /accounts/import: accounts as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from postroom.admin.jobs import Progress
from postroom.admin.operator import Scope
from postroom.admin.people.account_csv import Action, Outcome
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.resources.accounts import OfDomain
from postroom.servers.adminapi.resources.jobs import JobView
from postroom.servers.adminapi.resources.jobs import view as job_view

router = APIRouter(tags=["accounts"])


class LineView(BaseModel):
    line: int
    address: str
    action: Action
    changes: list[str]
    error: str


class ImportView(BaseModel):
    rows: list[LineView]
    counts: dict[Action, int]


@router.get("/accounts.csv", summary="Every account, without passwords", response_class=StreamingResponse)
async def export(desk: AtDesk, operator: Asking, domain: OfDomain = None) -> StreamingResponse:
    operator.require(Scope.ACCOUNTS_READ)  # before the answer begins: a stream can't turn into a refusal
    if domain is not None:
        operator.require_domain(domain)

    async def lines() -> AsyncIterator[bytes]:
        async for line in desk.table.export(operator, domain):
            yield line.encode()

    headers = {"content-disposition": 'attachment; filename="accounts.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/accounts/import",
    summary="What each line of a table would do; or a job that does it",
    responses={202: {"model": JobView, "description": "The job that does it"}},
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
    response_model=ImportView,
)
async def import_table(
    request: Request,
    desk: AtDesk,
    operator: Asking,
    dry_run: Annotated[bool, Query(description="Show only.")] = True,
) -> Any:
    table = await request.body()
    preview = await desk.table.preview(operator, table)  # what is no table is refused at once
    if dry_run:
        return view(preview)
    operator.require(Scope.ACCOUNTS_WRITE)

    async def work(progress: Progress) -> dict[str, Any]:
        done = await desk.table.apply(operator, table, lambda number, total: progress(number, total, ""))
        return view(done).model_dump(mode="json")

    job = desk.jobs.start(operator, "import", "Import of accounts", work)
    return JSONResponse(job_view(job).model_dump(mode="json"), 202)


def view(outcomes: list[Outcome]) -> ImportView:
    return ImportView(
        rows=[
            LineView(line=one.line, address=one.address, action=one.action, changes=list(one.changes), error=one.error)
            for one in outcomes
        ],
        counts=dict(Counter(one.action for one in outcomes)),
    )
