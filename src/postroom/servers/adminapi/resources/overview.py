"""/overview, /health, /listeners, /interfaces: how the server is."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from postroom.model.operation.health import HealthCheck, State
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Listing

router = APIRouter(tags=["overview"])

_TLS = {"submissions": "implicit", "pop3s": "implicit", "imaps": "implicit", "console": "implicit", "lmtp": "none"}
_STARTTLS = "starttls"
_HOUR = 3600


class HealthView(BaseModel):
    name: str
    title: str
    state: State
    text: str
    page: str


class HealthReport(BaseModel):
    state: State
    checks: list[HealthView]


class FlowView(BaseModel):
    step: int
    start: int
    """Unix seconds of the first value."""
    received: list[int]
    sent: list[int]
    deferred: list[int]
    rejected: list[int]
    bounced: list[int]


class QueueView(BaseModel):
    waiting: int
    held: int
    oldest_at: int | None


class StorageView(BaseModel):
    total: int
    used: int
    free: int
    mail: int | None


class CertificateView(BaseModel):
    name: str
    names: list[str]
    not_after: int | None
    self_signed: bool


class CountsView(BaseModel):
    accounts: int
    domains: int
    groups: int
    connections: int


class ProcessView(BaseModel):
    pid: int
    index: int
    serves: str
    since: int
    restarts: int
    memory: int | None


class OverviewView(BaseModel):
    health: list[HealthView]
    mail_flow: FlowView
    queue: QueueView
    storage: StorageView
    certificate: CertificateView | None
    counts: CountsView
    processes: list[ProcessView]
    started_at: int
    version: str


class ListenerView(BaseModel):
    name: str
    title: str
    address: str
    port: int
    open: bool
    error: str
    tls: str


class InterfaceView(BaseModel):
    name: str
    addresses: list[str]
    is_up: bool
    is_loopback: bool
    chosen: bool


@router.get("/overview", summary="Everything of the first page")
async def overview(desk: AtDesk, operator: Asking) -> OverviewView:
    found = await desk.overview.overview(operator)
    hours = max((len(counts) for counts in found.flow.values()), default=24)

    def flow(name: str) -> list[int]:
        return found.flow.get(name, [0] * hours)

    certificate = found.certificate
    facts = certificate.facts if certificate is not None else None
    return OverviewView(
        health=[_health(check) for check in found.health],
        mail_flow=FlowView(
            step=_HOUR,
            start=found.flow_from,
            received=flow("received"),
            sent=flow("sent"),
            deferred=flow("deferred"),
            rejected=flow("rejected"),
            bounced=flow("bounced"),
        ),
        queue=QueueView(waiting=found.counts["waiting"], held=found.counts["held"], oldest_at=found.oldest_waiting),
        storage=StorageView(
            total=found.storage.total, used=found.storage.used, free=found.storage.free, mail=found.storage.mail
        ),
        certificate=None
        if certificate is None
        else CertificateView(
            name=certificate.name,
            names=list(facts.names) if facts else [],
            not_after=facts.not_after if facts else None,
            self_signed=facts.self_signed if facts else False,
        ),
        counts=CountsView(
            accounts=found.counts["accounts"],
            domains=found.counts["domains"],
            groups=found.counts["groups"],
            connections=found.connections,
        ),
        processes=[
            ProcessView(
                pid=one.pid,
                index=one.index,
                serves=one.serves,
                since=one.since,
                restarts=one.restarts,
                memory=one.memory,
            )
            for one in found.server.processes
        ],
        started_at=found.server.since,
        version=desk.version,
    )


@router.get("/health", summary="What is well, and what is not")
async def health(desk: AtDesk, operator: Asking) -> HealthReport:
    state, checks = await desk.overview.health(operator)
    return HealthReport(state=state, checks=[_health(check) for check in checks])


@router.get("/listeners", summary="Every socket that should listen")
async def listeners(desk: AtDesk, operator: Asking) -> Listing[ListenerView]:
    found = desk.overview.listeners(operator).listeners
    doors = desk.current().listeners()
    titles = {
        name: field.title or name
        for page in (type(desk.current().smtp), type(desk.current().imap_pop3))
        for name, field in page.model_fields.items()
        if name in doors
    }
    items = [
        ListenerView(
            name=one.door,
            title=titles.get(one.door, "Console"),
            address=one.address,
            port=one.port,
            open=one.open,
            error=one.error,
            tls=_TLS.get(one.door, _STARTTLS),
        )
        for one in found
    ]
    return Listing(items=items, total=len(items))


@router.get("/interfaces", summary="The network interfaces of this machine")
async def interfaces(desk: AtDesk, operator: Asking) -> Listing[InterfaceView]:
    found, chosen = desk.overview.interfaces(operator)
    items = [
        InterfaceView(
            name=one.name,
            addresses=one.addresses,
            is_up=one.is_up,
            is_loopback=one.is_loopback,
            chosen=one.name == chosen,
        )
        for one in found
    ]
    return Listing(items=items, total=len(items))


def _health(check: HealthCheck) -> HealthView:
    return HealthView(name=check.name, title=check.title, state=check.state, text=check.text, page=check.page)
