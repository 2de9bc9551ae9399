"""/service, open to all: what a login page needs. /healthz and /metrics, for monitoring, stand outside of the API's path."""

from __future__ import annotations

import ipaddress
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from postroom.admin.operator import Operator, Scope
from postroom.net.limits import contains
from postroom.servers.adminapi import metrics, problems
from postroom.servers.adminapi.access import FromWhere, inside
from postroom.servers.adminapi.desk import AtDesk

router = APIRouter(tags=["service"])
monitoring = APIRouter(tags=["monitoring"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {}}, "description": "The text format of Prometheus"},
    **problems.RESPONSES,
}


class LogoView(BaseModel):
    version: str
    """Changes with the picture."""
    width: int
    height: int
    """Pixels of a usual screen."""


class ServiceView(BaseModel):
    server_name: str
    version: str
    logo: LogoView | None
    """Null: the built-in one."""
    needs_setup: bool
    """The first set-up is not finished; the server prints a link for it when it starts."""
    languages: list[str]


@router.get("/service", summary="What this server is")
async def service(desk: AtDesk) -> ServiceView:
    logo = desk.branding.shown()
    return ServiceView(
        server_name=desk.current().smtp.server_name,
        version=desk.version,
        logo=LogoView(version=logo.version, width=logo.width, height=logo.height) if logo is not None else None,
        needs_setup=desk.setup.is_open,
        languages=["en", "zh-CN", "ja", "ko"],
    )


@monitoring.get("/healthz", summary="Whether this process answers", response_class=Response)
async def healthz() -> Response:
    return Response(b"ok\n", media_type="text/plain")


@monitoring.get("/metrics", summary="Counters and gauges (Prometheus)", response_class=Response, responses=_ANSWERS)
async def expose(request: Request, desk: AtDesk, where: FromWhere) -> Response:
    """For the networks of the settings, or with a token that has health:read."""
    networks = desk.current().console.metrics_networks
    if contains(networks, ipaddress.ip_address(where.address)):
        operator = Operator("monitoring", scopes=frozenset({Scope.HEALTH_READ}), address=where.address)
    else:
        operator = (await inside(request, desk, where)).operator
    sources = metrics.Sources(await desk.overview.overview(operator), desk.overview.totals(operator), desk.version)
    return Response(metrics.exposition(sources), media_type=metrics.CONTENT_TYPE)
