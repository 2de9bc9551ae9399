"""/tls: the profiles, which listener has which, and who would be shut out. The profile itself is a setting."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from postroom.model.security.tls import SeenLogin
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import MOST_ITEMS, Form
from postroom.settings.document import TLS_LISTENERS
from postroom.settings.security import TlsProfile

router = APIRouter(prefix="/tls", tags=["tls"])


class ProfileView(BaseModel):
    name: str
    title: str
    versions: list[str]
    ciphers: list[str]
    missing: list[str]
    """Of versions and ciphers, what this machine's OpenSSL does not have."""
    warning: str


class ListenerView(BaseModel):
    name: str
    profile: str
    override: str | None
    effective: str


class TlsView(BaseModel):
    guidelines: str
    profiles: list[ProfileView]
    listeners: list[ListenerView]


class RefusedForm(Form):
    tls_profile: TlsProfile | None = Field(default=None, description="Null: as it is set now.")
    tls_overrides: dict[str, TlsProfile] | None = Field(
        default=None, max_length=len(TLS_LISTENERS), description="Null: as they are set now."
    )


class RefusedLogin(BaseModel):
    account: str
    protocol: str
    listener: str
    tls: str
    cipher: str
    client: str
    count: int
    last_at: int


class RefusedView(BaseModel):
    total: int
    """Of the logins."""
    accounts: int
    items: list[RefusedLogin]
    """The newest ones."""


@router.get("", summary="The TLS profiles, and that of each listener")
async def show(desk: AtDesk, operator: Asking) -> TlsView:
    found = desk.tls.overview(operator)
    return TlsView(
        guidelines=found.guidelines,
        profiles=[
            ProfileView(
                name=one.name,
                title=one.title,
                versions=list(one.versions),
                ciphers=list(one.ciphers),
                missing=list(one.missing),
                warning=one.warning,
            )
            for one in found.profiles
        ],
        listeners=[
            ListenerView(name=one.name, profile=one.profile, override=one.override, effective=one.effective)
            for one in found.listeners
        ],
    )


@router.post("/refused", summary="Logins of the last 30 days that these profiles would shut out")
async def refused(form: RefusedForm, desk: AtDesk, operator: Asking) -> RefusedView:
    found = await desk.tls.refused(operator, form.tls_profile, form.tls_overrides)
    return RefusedView(
        total=len(found),
        accounts=len({one.account for one in found}),
        items=[_login(one) for one in found[:MOST_ITEMS]],
    )


def _login(seen: SeenLogin) -> RefusedLogin:
    login = seen.login
    return RefusedLogin(
        account=seen.account,
        protocol=login.protocol,
        listener=login.listener,
        tls=login.version,
        cipher=login.cipher,
        client=login.client,
        count=seen.count,
        last_at=seen.last_at,
    )
