"""/session: logging in and out, one's own second factor."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from postroom.admin.identity import Entered, csrf_token
from postroom.servers.adminapi import qr
from postroom.servers.adminapi.access import COOKIE, FromWhere, Inside
from postroom.servers.adminapi.desk import AtDesk, Desk
from postroom.servers.adminapi.forms import Form

router = APIRouter(prefix="/session", tags=["session"])

Password = Annotated[str, Field(min_length=1, max_length=1024)]
Code = Annotated[str, Field(max_length=40)]


class LoginForm(Form):
    login: Annotated[
        str, Field(min_length=1, max_length=320, description="An address, or a user name of the primary domain.")
    ]
    password: Password
    code: Annotated[Code, Field(description="Of the second factor, or a recovery code.")] = ""


class AccountView(BaseModel):
    address: str
    display_name: str
    role: str
    domains: list[str] | None
    """None: every domain."""


class SessionView(BaseModel):
    account: AccountView
    csrf_token: str
    expires_at: int
    second_factor: bool
    must_set_second_factor: bool
    scopes: list[str]
    version: str


class PasswordForm(Form):
    password: Password


class NewPasswordForm(Form):
    old: Password
    new: Password


class CodeForm(Form):
    code: Code


class RemovalForm(Form):
    password: Password
    code: Code


class SecretView(BaseModel):
    secret: str
    uri: str
    qr_svg: str


class RecoveryView(BaseModel):
    recovery_codes: list[str]


@router.post("", summary="Log in")
async def login(form: LoginForm, request: Request, response: Response, desk: AtDesk, where: FromWhere) -> SessionView:
    token, entered = await desk.identity.login(form.login, form.password, form.code.strip(), where)
    before = request.cookies.get(COOKIE)
    if before:
        await desk.identity.logout(before)  # a login never goes on with a token that was there before it
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="strict", path="/")
    return _view(desk, entered, token)


@router.get("", summary="Who is logged in")
async def show(request: Request, desk: AtDesk, entered: Inside) -> SessionView:
    return _view(desk, entered, request.cookies.get(COOKIE, ""))


@router.delete("", summary="Log out", status_code=204)
async def logout(request: Request, response: Response, desk: AtDesk, entered: Inside) -> None:
    await desk.identity.logout(request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict", path="/")


@router.delete("/others", summary="Log out everywhere else", status_code=204)
async def end_others(desk: AtDesk, entered: Inside) -> None:
    await desk.identity.end_other_sessions(entered)


@router.put("/password", summary="Change one's own password; all other sessions end", status_code=204)
async def change_password(
    form: NewPasswordForm, request: Request, desk: AtDesk, entered: Inside, where: FromWhere
) -> None:
    token = request.cookies.get(COOKIE, "")
    await desk.identity.change_password(entered, form.old, form.new, where, token)


@router.post("/second-factor", summary="Begin to set up a second factor (RFC 6238)")
async def prepare_second_factor(form: PasswordForm, desk: AtDesk, entered: Inside, where: FromWhere) -> SecretView:
    secret = await desk.identity.prepare_second_factor(entered, form.password, where)
    uri = qr.provisioning_uri(secret, str(entered.account.address), desk.current().smtp.server_name)
    return SecretView(secret=secret, uri=uri, qr_svg=qr.svg(uri))


@router.put("/second-factor", summary="Prove the second factor, which is in force from then on")
async def confirm_second_factor(form: CodeForm, desk: AtDesk, entered: Inside) -> RecoveryView:
    return RecoveryView(recovery_codes=await desk.identity.confirm_second_factor(entered, form.code.strip()))


@router.delete("/second-factor", summary="Do without a second factor again", status_code=204)
async def remove_second_factor(form: RemovalForm, desk: AtDesk, entered: Inside, where: FromWhere) -> None:
    await desk.identity.remove_second_factor(entered, form.password, form.code.strip(), where)


def _view(desk: Desk, entered: Entered, token: str) -> SessionView:
    domains = entered.operator.domains
    session = entered.session
    return SessionView(
        account=AccountView(
            address=str(entered.account.address),
            display_name=entered.account.display_name,
            role=entered.account.role.value.replace(" ", "-"),
            domains=None if domains is None else sorted(domains),
        ),
        csrf_token=csrf_token(token) if session is not None else "",
        expires_at=session.created_at + desk.current().console.session_life * 3600 if session is not None else 0,
        second_factor=entered.has_second_factor,
        must_set_second_factor=entered.must_set_second_factor,
        scopes=sorted(scope.value for scope in entered.operator.scopes),
        version=desk.version,
    )
