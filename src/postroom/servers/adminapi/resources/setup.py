"""/setup: the first set-up by the one-time link, whose token is shown as a Bearer token; its steps are the usual resources."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk

router = APIRouter(prefix="/setup", tags=["setup"])


class SetupView(BaseModel):
    server_name: str
    domain: str
    administrator: str
    certificate_names: list[str]
    certificate_is_self_signed: bool


@router.get("", summary="How far the first set-up is")
async def state(desk: AtDesk, operator: Asking) -> SetupView:
    found = await desk.setup.state(operator)
    return SetupView(
        server_name=found.server_name,
        domain=found.domain,
        administrator=found.administrator,
        certificate_names=list(found.certificate_names),
        certificate_is_self_signed=found.certificate_is_self_signed,
    )


@router.post("/finish", summary="End the first set-up: the link is good no more", status_code=204)
async def finish(desk: AtDesk, operator: Asking) -> None:
    await desk.setup.finish(operator)
