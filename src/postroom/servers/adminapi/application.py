"""The application: routes, problems, and the OpenAPI document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI

from postroom.admin.people import account_csv
from postroom.servers.adminapi import problems
from postroom.servers.adminapi.desk import Desk
from postroom.servers.adminapi.resources import (
    account_table,
    accounts,
    aliases,
    audit,
    backups,
    branding,
    connections,
    domains,
    groups,
    jobs,
    overview,
    queue,
    search_index,
    service,
    session,
    settings,
    setup,
)
from postroom.servers.adminapi.resources.security import acme, certificates, tls, tokens

PREFIX = "/api/v1"
BOUNDS: tuple[tuple[str, str, int], ...] = (("POST", f"{PREFIX}/accounts/import", account_csv.MAX_FILE),)
"""(method, beginning of the path, octets) of routes that take larger bodies than usual."""
_ROUTERS = (
    service.router,
    session.router,
    overview.router,
    settings.router,
    connections.router,
    queue.router,
    search_index.router,
    tokens.router,
    audit.router,
    jobs.router,
    branding.router,
    setup.router,
    backups.router,
    tls.router,
    certificates.router,
    acme.router,
    account_table.router,
    accounts.router,
    domains.router,
    groups.router,
    aliases.router,
)


def build_application(desk: Desk) -> FastAPI:
    """One for a process."""
    app = application(desk.version)
    app.state.desk = desk
    return app


def application(version: str) -> FastAPI:
    """With nothing behind its routes yet; the same document everywhere."""
    app = FastAPI(
        title="Postroom admin API",
        version=version,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: f"{route.tags[0] if route.tags else 'api'}-{route.name}",
    )
    routes = APIRouter(prefix=PREFIX, responses=_responses())
    for router in _ROUTERS:
        routes.include_router(router)
    app.include_router(routes)
    app.include_router(service.monitoring)
    problems.install(app)
    return app


def _responses() -> dict[int | str, dict[str, Any]]:
    return dict(problems.RESPONSES)
