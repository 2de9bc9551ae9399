"""/audit: who changed what; as JSON in parts, or all of it as CSV."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from postroom.admin.operator import Operator, Scope
from postroom.model.operation.logins import AuditLine, AuditSelection
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk, Desk
from postroom.servers.adminapi.forms import Bounds, Form, Listing

router = APIRouter(tags=["audit"])

_AT_ONCE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


Moment = Annotated[int | None, Field(ge=0, le=2**40, description="Unix seconds.")]


class MeantLines(Form):
    search: str = Field(default="", max_length=200, description="Words to look for, whatever their case.")
    since: Moment = None
    until: Moment = None


class WantedLines(MeantLines, Bounds):
    """A part of them."""


class LineView(BaseModel):
    id: int
    at: int
    who: str
    what: str
    subject: str
    address: str


@router.get("/audit", summary="The audit log, newest first")
async def lines(desk: AtDesk, operator: Asking, wanted: Annotated[WantedLines, Query()]) -> Listing[LineView]:
    selection = AuditSelection(wanted.search, wanted.since, wanted.until)
    found, total = await desk.audit.read(operator, selection, wanted.offset, wanted.limit)
    return Listing(items=[_view(line) for line in found], total=total)


@router.get(
    "/audit.csv",
    summary="The audit log as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "All lines that are meant, newest first"}},
)
async def as_csv(desk: AtDesk, operator: Asking, meant: Annotated[MeantLines, Query()]) -> StreamingResponse:
    operator.require(Scope.AUDIT_READ)  # before the answer begins
    fields = {"content-disposition": 'attachment; filename="audit.csv"'}
    pieces = _csv(desk, operator, AuditSelection(meant.search, meant.since, meant.until))
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=fields)


async def _csv(desk: Desk, operator: Operator, selection: AuditSelection) -> AsyncIterator[str]:
    yield "at,who,what,subject,address\r\n"
    offset = 0
    while True:
        found, _ = await desk.audit.read(operator, selection, offset, _AT_ONCE)
        text = io.StringIO()
        writer = csv.writer(text)
        for line in found:
            at = datetime.datetime.fromtimestamp(line.at, datetime.UTC).isoformat()
            writer.writerow([at, *map(_harmless, (line.who, line.what, line.subject, line.address))])
        yield text.getvalue()
        offset += _AT_ONCE
        if len(found) < _AT_ONCE:
            return


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _view(line: AuditLine) -> LineView:
    return LineView(
        id=line.audit_id, at=line.at, who=line.who, what=line.what, subject=line.subject, address=line.address
    )
