"""/accounts.csv and /accounts/import: accounts as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from postroom.admin.account_csv import Action, Outcome
from postroom.admin.operator import Scope
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.resources.accounts import OfDomain

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


@router.post("/accounts/import", summary="What each line of a table would do (text/csv), or do it")
async def import_table(
    request: Request,
    desk: AtDesk,
    operator: Asking,
    dry_run: Annotated[bool, Query(description="Show only.")] = True,
) -> ImportView:
    table = await request.body()
    if dry_run:
        return view(await desk.table.preview(operator, table))
    return view(await desk.table.apply(operator, table, lambda done, total: None))


def view(outcomes: list[Outcome]) -> ImportView:
    return ImportView(
        rows=[
            LineView(line=one.line, address=one.address, action=one.action, changes=list(one.changes), error=one.error)
            for one in outcomes
        ],
        counts=dict(Counter(one.action for one in outcomes)),
    )
