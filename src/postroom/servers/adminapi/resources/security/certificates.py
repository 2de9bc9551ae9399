"""/certificates: what is shown to whom; upload, check, default. A key goes in and never comes out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from postroom.admin.security.certificates import Certificate
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Form, Listing

router = APIRouter(prefix="/certificates", tags=["certificates"])

_MOST_OCTETS = 64 * 1024
Name = Annotated[str, InPath(min_length=1, max_length=63)]
Pem = Annotated[str, Field(max_length=_MOST_OCTETS)]


class CertificateView(BaseModel):
    name: str
    subject: str
    names: list[str]
    issuer: str
    not_before: int | None
    not_after: int | None
    self_signed: bool
    key: str
    """Its kind, such as EC P-256."""
    fingerprint: str
    """SHA-256."""
    source: str
    is_default: bool
    problems: list[str]
    renew_at: int | None


class CheckedView(BaseModel):
    subject: str
    names: list[str]
    issuer: str
    not_before: int
    not_after: int
    self_signed: bool
    key: str
    fingerprint: str
    problems: list[str]


class UploadForm(Form):
    name: str | None = Field(
        default=None,
        max_length=63,
        description="What it is called here; replaces the one of this name. Null: its first host.",
    )
    chain: Pem = Field(description="The certificate and those of its issuers, PEM.")
    key: Pem = Field(description="The private key, PEM, not encrypted.")


@router.get("", summary="The certificates, also those being ordered")
async def certificates(desk: AtDesk, operator: Asking) -> Listing[CertificateView]:
    found = await desk.certificates.certificates(operator)
    return Listing(items=[_view(one) for one in found], total=len(found))


@router.post("", summary="Keep a certificate, in force at once", status_code=201)
async def add(form: UploadForm, desk: AtDesk, operator: Asking) -> CertificateView:
    return _view(await desk.certificates.add(operator, form.name, form.chain.encode(), form.key.encode()))


@router.post("/check", summary="What would be kept, without keeping it")
async def check(form: UploadForm, desk: AtDesk, operator: Asking) -> CheckedView:
    found = await desk.certificates.check(operator, form.chain.encode(), form.key.encode())
    return CheckedView(
        subject=found.subject,
        names=list(found.names),
        issuer=found.issuer,
        not_before=found.not_before,
        not_after=found.not_after,
        self_signed=found.self_signed,
        key=found.key,
        fingerprint=found.fingerprint,
        problems=list(found.problems),
    )


@router.get("/{name}", summary="One certificate")
async def show(name: Name, desk: AtDesk, operator: Asking) -> CertificateView:
    return _view(await desk.certificates.certificate(operator, name))


@router.delete("/{name}", summary="Remove a certificate, and order it no more", status_code=204)
async def remove(name: Name, desk: AtDesk, operator: Asking) -> None:
    await desk.certificates.remove(operator, name)


@router.put("/{name}/default", summary="Show it to clients that ask for no name", status_code=204)
async def make_default(name: Name, desk: AtDesk, operator: Asking) -> None:
    await desk.certificates.make_default(operator, name)


def _view(one: Certificate) -> CertificateView:
    facts = one.facts
    return CertificateView(
        name=one.name,
        subject=facts.subject if facts else "",
        names=list(facts.names if facts else one.order.names if one.order else ()),
        issuer=facts.issuer if facts else "",
        not_before=facts.not_before if facts else None,
        not_after=facts.not_after if facts else None,
        self_signed=facts.self_signed if facts else False,
        key=facts.key if facts else "",
        fingerprint=facts.fingerprint if facts else "",
        source=one.source.value,
        is_default=one.is_default,
        problems=list(one.problems),
        renew_at=one.order.renew_at if one.order else None,
    )
