"""/backups: archives of the whole server."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from pydantic import BaseModel

from postroom.model.operation.backup import BackupFacts
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Listing
from postroom.servers.adminapi.resources.jobs import JobView, view

router = APIRouter(prefix="/backups", tags=["backups"])

Name = Annotated[str, InPath(max_length=64, pattern=r"^[0-9A-Za-z-]+$")]


class BackupView(BaseModel):
    name: str
    made_at: int
    size: int


@router.get("", summary="Backups, newest first")
async def backups(desk: AtDesk, operator: Asking) -> Listing[BackupView]:
    found = await desk.backups.backups(operator)
    return Listing(items=[_view(one) for one in found], total=len(found))


@router.post("", summary="Make a backup: a job", status_code=202)
async def make(desk: AtDesk, operator: Asking) -> JobView:
    return view(await desk.backups.start(operator))


@router.get(
    "/{name}",
    summary="Fetch a backup",
    response_class=FileResponse,
    responses={200: {"content": {"application/x-tar": {}}, "description": "A tar archive"}},
)
async def fetch(name: Name, desk: AtDesk, operator: Asking) -> FileResponse:
    path = await desk.backups.path(operator, name)
    return FileResponse(path, media_type="application/x-tar", filename=f"postroom-{name}.tar")


@router.delete("/{name}", summary="Remove a backup", status_code=204)
async def remove(name: Name, desk: AtDesk, operator: Asking) -> None:
    await desk.backups.remove(operator, name)


def _view(found: BackupFacts) -> BackupView:
    return BackupView(name=found.name, made_at=found.made_at, size=found.size)
