"""/accounts: list, add, change, remove; app passwords and second factors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, Field

from postroom.admin.people.accounts import AccountView
from postroom.model.account import MailProtocol, Role
from postroom.model.address import parse_address
from postroom.model.administration import UNCHANGED, AccountChange, AppPassword, NewAccount
from postroom.model.ids import AccountId, AppPasswordId
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import (
    AddressText,
    DomainText,
    Form,
    Listing,
    Number,
    SelectedOfDomain,
    domain_or_address,
    selection,
)

router = APIRouter(prefix="/accounts", tags=["accounts"])

RoleName = Literal["user", "domain-administrator", "administrator"]
_ROLES: dict[str, Role] = {
    "user": Role.USER,
    "domain-administrator": Role.DOMAIN_ADMINISTRATOR,
    "administrator": Role.ADMINISTRATOR,
}
_NAMES: dict[Role, RoleName] = {
    Role.USER: "user",
    Role.DOMAIN_ADMINISTRATOR: "domain-administrator",
    Role.ADMINISTRATOR: "administrator",
}
Password = Annotated[str, Field(max_length=1024)]
Name = Annotated[str, Field(max_length=200)]
Octets = Annotated[int, Field(ge=1, le=1 << 50)]
OfDomain = Annotated[DomainText | None, Query(description="Of this domain only.")]


class AccountItem(BaseModel):
    id: int
    address: str
    display_name: str
    role: RoleName
    domains: list[str]
    """Those that a domain administrator administers."""
    disabled: bool
    has_password: bool
    quota: int | None
    used: int | None
    messages: int | None
    sending_limit: int | None
    aliases: list[str]
    groups: list[str]
    created_at: int
    last_login_at: int | None
    second_factor: bool


class NewAccountForm(Form):
    address: Annotated[
        str,
        Field(
            max_length=320, description="@example.test alone: made of the name, as the domain's address format wants."
        ),
        AfterValidator(domain_or_address),
    ]
    password: Password | None = Field(default=None, description="Without one nobody can log in until it is set.")
    display_name: Name = ""
    role: RoleName = "user"
    domains: list[DomainText] = Field(default=[], max_length=500)
    quota: Octets | None = Field(default=None, description="Octets; null for none. Left out: what the domain gives.")


class AccountForm(Form):
    display_name: Name = ""
    role: RoleName = "user"
    disabled: bool = False
    quota: Octets | None = None
    sending_limit: Annotated[int, Field(ge=0, le=999_999_999)] | None = Field(
        default=None, description="Recipients elsewhere in 24 hours; 0 for any number, null for what the settings say."
    )
    password: Password = ""
    address: AddressText = ""
    domains: list[DomainText] = Field(default=[], max_length=500)


class AppPasswordItem(BaseModel):
    id: int
    name: str
    protocols: list[MailProtocol]
    created_at: int
    last_used_at: int | None


class NewAppPasswordForm(Form):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    protocols: Annotated[list[MailProtocol], Field(min_length=1, max_length=10)]


class MadeAppPassword(AppPasswordItem):
    password: str
    """Shown this once."""


@router.get("", summary="Accounts, searched by address and name")
async def page(desk: AtDesk, operator: Asking, wanted: SelectedOfDomain) -> Listing[AccountItem]:
    found = await desk.accounts.page(operator, selection(wanted), wanted.domain)
    return Listing(items=[_item(view) for view in found.items], total=found.total)


@router.post("", summary="Add an account", status_code=201)
async def add(form: NewAccountForm, desk: AtDesk, operator: Asking) -> AccountItem:
    if form.address.startswith("@"):
        address = await desk.accounts.free_address(operator, form.address[1:], form.display_name)
    else:
        address = parse_address(form.address)
    quota = form.quota if "quota" in form.model_fields_set else UNCHANGED
    new = NewAccount(address, form.password, form.display_name, _ROLES[form.role], quota)
    account_id = await desk.accounts.add(operator, new, form.domains)
    return _item(await desk.accounts.one(operator, account_id))


@router.get("/{account_id}", summary="One account")
async def one(account_id: Number, desk: AtDesk, operator: Asking) -> AccountItem:
    return _item(await desk.accounts.one(operator, AccountId(account_id)))


@router.patch("/{account_id}", summary="Change what is given: all of it, or nothing")
async def change(account_id: Number, form: AccountForm, desk: AtDesk, operator: Asking) -> AccountItem:
    given = form.model_fields_set
    wanted = AccountChange(
        display_name=form.display_name if "display_name" in given else UNCHANGED,
        role=_ROLES[form.role] if "role" in given else UNCHANGED,
        is_disabled=form.disabled if "disabled" in given else UNCHANGED,
        quota=form.quota if "quota" in given else UNCHANGED,
        sending_limit=form.sending_limit if "sending_limit" in given else UNCHANGED,
        password=form.password if "password" in given else UNCHANGED,
        address=parse_address(form.address) if "address" in given else UNCHANGED,
        administers=frozenset(form.domains) if "domains" in given else UNCHANGED,
    )
    return _item(await desk.accounts.change(operator, AccountId(account_id), wanted))


@router.delete("/{account_id}", summary="Remove an account with all its mail", status_code=204)
async def remove(account_id: Number, desk: AtDesk, operator: Asking) -> None:
    await desk.accounts.remove(operator, AccountId(account_id))


@router.get("/{account_id}/app-passwords", summary="Passwords of single mail programs")
async def app_passwords(account_id: Number, desk: AtDesk, operator: Asking) -> Listing[AppPasswordItem]:
    found = await desk.accounts.app_passwords(operator, AccountId(account_id))
    return Listing(items=[AppPasswordItem(**_app_password(one)) for one in found], total=len(found))


@router.post("/{account_id}/app-passwords", summary="Make one; it is shown this once", status_code=201)
async def add_app_password(
    account_id: Number, form: NewAppPasswordForm, desk: AtDesk, operator: Asking
) -> MadeAppPassword:
    made, password = await desk.accounts.add_app_password(operator, AccountId(account_id), form.name, form.protocols)
    return MadeAppPassword(**_app_password(made), password=password)


@router.delete("/{account_id}/app-passwords/{app_id}", summary="Remove one", status_code=204)
async def remove_app_password(account_id: Number, app_id: Number, desk: AtDesk, operator: Asking) -> None:
    await desk.accounts.remove_app_password(operator, AccountId(account_id), AppPasswordId(app_id))


@router.delete("/{account_id}/second-factor", summary="For somebody who has lost it", status_code=204)
async def reset_second_factor(account_id: Number, desk: AtDesk, operator: Asking) -> None:
    await desk.accounts.reset_second_factor(operator, AccountId(account_id))


def _item(view: AccountView) -> AccountItem:
    row = view.row
    return AccountItem(
        id=row.account.account_id,
        address=str(row.account.address),
        display_name=row.account.display_name,
        role=_NAMES[row.account.role],
        domains=row.administers,
        disabled=row.account.is_disabled,
        has_password=row.has_password,
        quota=row.account.quota,
        used=view.used,
        messages=view.messages,
        sending_limit=row.sending_limit,
        aliases=[str(address) for address in row.aliases],
        groups=[str(address) for address in row.groups],
        created_at=row.account.created_at,
        last_login_at=row.last_login_at,
        second_factor=row.has_second_factor,
    )


def _app_password(one: AppPassword) -> dict[str, Any]:
    return {
        "id": one.app_password_id,
        "name": one.name,
        "protocols": sorted(one.protocols),
        "created_at": one.created_at,
        "last_used_at": one.last_used_at,
    }
