"""/connections: who is logged in to mail, and ending one; /lockouts: who waits after wrong passwords."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel

from postroom.model.errors import NotFound
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Listing, Part, Selected

router = APIRouter(tags=["connections"])


class ConnectionView(BaseModel):
    id: str
    account: str
    protocol: str
    address: str
    client: str
    tls: str
    since: int
    worker: int


class LockOutView(BaseModel):
    id: str
    network: str
    login: str
    """Empty: all names from there."""
    failures: int
    until: int
    delay: float


@router.get("/connections", summary="Who is connected")
async def connections(desk: AtDesk, operator: Asking, wanted: Selected) -> Listing[ConnectionView]:
    found = desk.presence.connections(operator, wanted.search, wanted.sort)
    items = [
        ConnectionView(
            id=entry.session_id,
            account=entry.account,
            protocol=entry.protocol,
            address=entry.address,
            client=entry.client,
            tls=entry.tls,
            since=entry.since,
            worker=entry.worker,
        )
        for entry in found[wanted.offset : wanted.offset + wanted.limit]
    ]
    return Listing(items=items, total=len(found))


@router.delete("/connections/{session_id}", summary="End a connection", status_code=204)
async def end(session_id: Annotated[str, InPath(max_length=64)], desk: AtDesk, operator: Asking) -> None:
    await desk.presence.end_connection(operator, session_id)


@router.get("/lockouts", summary="Who waits after wrong passwords")
async def lock_outs(desk: AtDesk, operator: Asking, part: Part) -> Listing[LockOutView]:
    found = desk.presence.lock_outs(operator)
    items = [
        LockOutView(
            id=_name(one.limit_key, one.login),
            network=one.limit_key,
            login=one.login,
            failures=one.failures,
            until=one.until,
            delay=one.delay,
        )
        for one in found[part.offset : part.offset + part.limit]
    ]
    return Listing(items=items, total=len(found))


@router.delete("/lockouts/{lock_out_id}", summary="Let somebody in again", status_code=204)
async def lift(lock_out_id: Annotated[str, InPath(max_length=2000)], desk: AtDesk, operator: Asking) -> None:
    await desk.presence.lift(operator, *_parts(lock_out_id))


def _name(limit_key: str, login: str) -> str:
    return urlsafe_b64encode(f"{limit_key} {login}".encode("utf-8", "surrogatepass")).decode().rstrip("=")


def _parts(name: str) -> tuple[str, str]:
    """Raises NotFound."""
    try:
        text = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode("utf-8", "surrogatepass")
    except ValueError:
        raise NotFound("nobody waits there") from None
    limit_key, _, login = text.partition(" ")
    return limit_key, login
