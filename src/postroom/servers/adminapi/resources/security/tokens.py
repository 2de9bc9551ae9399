"""/tokens: what programs show instead of a login."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from postroom.admin.operator import Scope
from postroom.model.errors import NotPermitted
from postroom.model.operation.logins import ApiToken
from postroom.servers.adminapi.access import Inside
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import Form, Listing

router = APIRouter(prefix="/tokens", tags=["tokens"])


class TokenView(BaseModel):
    id: int
    name: str
    scopes: list[str]
    created_at: int
    expires_at: int | None
    used_at: int | None
    account: str


class NewTokenView(BaseModel):
    id: int
    token: str
    """Never shown again."""


class TokenForm(Form):
    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    days: int | None = Field(default=None, ge=1, le=3650, description="How long it is good; null for ever.")


@router.get("", summary="API tokens")
async def tokens(desk: AtDesk, entered: Inside) -> Listing[TokenView]:
    if entered.must_set_second_factor:
        raise NotPermitted("set up your second factor first")
    found = desk.identity.tokens(entered)
    return Listing(items=[_view(token) for token in found], total=len(found))


@router.post("", summary="A new API token", status_code=201)
async def add(form: TokenForm, desk: AtDesk, entered: Inside) -> NewTokenView:
    number, token = await desk.identity.add_token(entered, form.name, form.scopes, form.days)
    return NewTokenView(id=number, token=token)


@router.delete("/{token_id}", summary="Remove an API token", status_code=204)
async def remove(token_id: Annotated[int, InPath(ge=1, le=2**63 - 1)], desk: AtDesk, entered: Inside) -> None:
    await desk.identity.remove_token(entered, token_id)


def _view(token: ApiToken) -> TokenView:
    return TokenView(
        id=token.token_id,
        name=token.name,
        scopes=sorted(token.scopes),
        created_at=token.created_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
        account=str(token.account.address),
    )
