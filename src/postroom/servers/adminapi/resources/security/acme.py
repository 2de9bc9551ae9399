"""/acme: orders of certificates (RFC 8555). What comes of one shows at its certificate: `renew_at` once it is there, else a problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from postroom.admin.jobs import Job, Progress
from postroom.admin.operator import Operator
from postroom.admin.security.certificates import MOST_NAMES, Wish
from postroom.model.errors import TryLater
from postroom.model.security.acme import AcmeOrder, ChallengeKind
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk, Desk
from postroom.servers.adminapi.forms import Form
from postroom.servers.adminapi.resources import jobs

router = APIRouter(prefix="/acme", tags=["acme"])

Name = Annotated[str, Field(max_length=320)]


class OrderView(BaseModel):
    certificate: str
    names: list[str]
    challenge: str
    directory: str
    email: str
    state: str
    """ordering, issued or failed."""
    fault: str
    failures: int
    next_try_at: int
    renew_at: int | None


class AcmeView(BaseModel):
    directory: str
    email: str
    challenges: list[str]
    orders: list[OrderView]


class OrderForm(Form):
    names: list[Name] = Field(min_length=1, max_length=MOST_NAMES)
    challenge: ChallengeKind
    directory: str | None = Field(default=None, max_length=512, description="Null: as it is set.")
    email: str | None = Field(default=None, max_length=254, description="Null: as it is set.")
    agree: bool = Field(description="The authority's terms of service are agreed to.")
    name: str | None = Field(
        default=None, max_length=63, description="Of the certificate; null: the first of the names."
    )


@router.get("", summary="The authority that is set, and what is ordered")
async def show(desk: AtDesk, operator: Asking) -> AcmeView:
    orders = desk.certificates.orders(operator)
    settings = desk.current().certificates
    return AcmeView(
        directory=settings.acme_directory,
        email=settings.acme_email,
        challenges=[kind.value for kind in ChallengeKind],
        orders=[_view(order) for order in orders],
    )


@router.post(
    "/orders", summary="Order a certificate, and renew it from then on; the job ends when it is there", status_code=202
)
async def order(form: OrderForm, desk: AtDesk, operator: Asking) -> jobs.JobView:
    wish = Wish(form.names, form.challenge, form.directory, form.email, form.agree, form.name)
    wanted = desk.certificates.wanted(operator, wish)
    return jobs.view(_start(desk, operator, wanted.certificate, lambda: desk.certificates.place(operator, wanted)))


@router.post("/orders/{name}/renew", summary="Order it anew now", status_code=202)
async def renew(
    name: Annotated[str, InPath(min_length=1, max_length=63)], desk: AtDesk, operator: Asking
) -> jobs.JobView:
    found = desk.certificates.ordered(operator, name)
    return jobs.view(
        _start(desk, operator, found.certificate, lambda: desk.certificates.renew(operator, found.certificate))
    )


def _start(desk: Desk, operator: Operator, name: str, place: Callable[[], Awaitable[AcmeOrder]]) -> Job:
    """Raises OverLimit, Conflict while this one is being ordered."""

    async def work(progress: Progress) -> dict[str, Any]:
        progress(0, 1, "the authority is asked")
        done = await desk.certificates.outcome(await place())
        if done.fault:
            raise TryLater(done.fault)
        return {"certificate": name, "renew_at": done.renew_at}

    return desk.jobs.start(operator, f"certificate {name}", f"Certificate {name}", work)


def _view(order: AcmeOrder) -> OrderView:
    state = "failed" if order.fault else "issued" if order.renew_at == order.next_try_at else "ordering"
    return OrderView(
        certificate=order.certificate,
        names=list(order.names),
        challenge=order.challenge.value,
        directory=order.directory,
        email=order.email,
        state=state,
        fault=order.fault,
        failures=order.failures,
        next_try_at=order.next_try_at,
        renew_at=order.renew_at,
    )
