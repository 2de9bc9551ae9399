"""/domains: list, add, change, remove; their keys, and what the DNS shows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from postroom.model.account import DomainKey
from postroom.model.address import parse_address
from postroom.model.administration import UNCHANGED, AddressFormat, DomainChange, DomainRow
from postroom.msa.dns_records import strings
from postroom.msa.key_rotation import record_name
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import AddressText, DomainText, Form, Listing, Selected, selection
from postroom.servers.adminapi.resources.accounts import Octets

router = APIRouter(prefix="/domains", tags=["domains"])

Named = Annotated[DomainText, Path()]
Check = Annotated[
    bool, Query(description="Look at what the world sees now, which takes a while where a DNS server is slow.")
]


class DomainItem(BaseModel):
    name: str
    is_primary: bool
    accounts: int
    aliases: int
    groups: int
    catch_all: str | None
    sending_limit: int | None
    account_quota: int | None
    largest_attachment: int | None
    address_format: AddressFormat
    administrators: list[str]


class NewDomainForm(Form):
    name: DomainText


class DomainForm(Form):
    catch_all: AddressText | None = None
    sending_limit: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    account_quota: Octets | None = None
    largest_attachment: Octets | None = None
    address_format: AddressFormat = AddressFormat.FIRST_LAST
    is_primary: bool = False
    administrators: list[AddressText] = Field(default=[], max_length=100)


class RecordItem(BaseModel):
    kind: str
    purpose: str
    name: str
    value: str
    strings: list[str]
    """Of a TXT record: the parts that fit into one string each."""
    note: str
    needed: bool
    state: str
    found: list[str]


class DnsView(BaseModel):
    records: list[RecordItem]


class KeyItem(BaseModel):
    selector: str
    algorithm: str
    state: str
    created_at: int
    active_at: int | None
    retired_at: int | None
    name: str
    record: str


class KeysView(BaseModel):
    items: list[KeyItem]


class RotateForm(Form):
    at_once: bool = Field(default=False, description="Sign with the next pair now, published or not.")


@router.get("", summary="Domains")
async def page(desk: AtDesk, operator: Asking, wanted: Selected) -> Listing[DomainItem]:
    found = await desk.domains.page(operator, selection(wanted))
    return Listing(items=[_item(row) for row in found.items], total=found.total)


@router.post("", summary="Keep mail of a domain here", status_code=201)
async def add(form: NewDomainForm, desk: AtDesk, operator: Asking) -> DomainItem:
    await desk.domains.add(operator, form.name)
    return _item(await desk.domains.one(operator, form.name))


@router.get("/{name}", summary="One domain")
async def one(name: Named, desk: AtDesk, operator: Asking) -> DomainItem:
    return _item(await desk.domains.one(operator, name))


@router.patch("/{name}", summary="Change what is given: all of it, or nothing")
async def change(name: Named, form: DomainForm, desk: AtDesk, operator: Asking) -> DomainItem:
    given = form.model_fields_set
    catch_all = parse_address(form.catch_all) if form.catch_all is not None else None
    wanted = DomainChange(
        catch_all=catch_all if "catch_all" in given else UNCHANGED,
        sending_limit=form.sending_limit if "sending_limit" in given else UNCHANGED,
        account_quota=form.account_quota if "account_quota" in given else UNCHANGED,
        largest_attachment=form.largest_attachment if "largest_attachment" in given else UNCHANGED,
        address_format=form.address_format if "address_format" in given else UNCHANGED,
        is_primary=form.is_primary,
        administrators=(
            tuple(parse_address(one) for one in form.administrators) if "administrators" in given else UNCHANGED
        ),
    )
    return _item(await desk.domains.change(operator, name, wanted))


@router.delete("/{name}", summary="Keep no mail of a domain any more", status_code=204)
async def remove(name: Named, desk: AtDesk, operator: Asking) -> None:
    await desk.domains.remove(operator, name)


@router.get("/{name}/dns", summary="What to publish, and what the world sees of it now")
async def dns(name: Named, desk: AtDesk, operator: Asking, check: Check = True) -> DnsView:
    look = desk.domain_dns.look if check else desk.domain_dns.wanted
    return DnsView(
        records=[
            RecordItem(
                kind=seen.record.kind,
                purpose=seen.record.purpose,
                name=seen.record.name,
                value=seen.record.value,
                strings=strings(seen.record.value) if seen.record.kind == "TXT" else [],
                note=seen.record.note,
                needed=seen.record.needed,
                state=seen.state.value,
                found=seen.found,
            )
            for seen in await look(operator, name)
        ]
    )


@router.get("/{name}/keys", summary="Keys that sign mail (DKIM)")
async def keys(name: Named, desk: AtDesk, operator: Asking) -> KeysView:
    return KeysView(items=[_key(key) for key in await desk.domains.keys(operator, name)])


@router.post("/{name}/keys/rotate", summary="Make the next pair of keys")
async def rotate(name: Named, form: RotateForm, desk: AtDesk, operator: Asking) -> KeysView:
    await desk.domains.rotate_keys(operator, name, at_once=form.at_once)
    return KeysView(items=[_key(key) for key in await desk.domains.keys(operator, name)])


def _item(row: DomainRow) -> DomainItem:
    return DomainItem(
        name=row.name,
        is_primary=row.is_primary,
        accounts=row.accounts,
        aliases=row.aliases,
        groups=row.groups,
        catch_all=str(row.catch_all) if row.catch_all is not None else None,
        sending_limit=row.sending_limit,
        account_quota=row.account_quota,
        largest_attachment=row.largest_attachment,
        address_format=row.address_format,
        administrators=[str(address) for address in row.administrators],
    )


def _key(key: DomainKey) -> KeyItem:
    return KeyItem(
        selector=key.selector,
        algorithm=f"{key.kind}-sha256",
        state=key.state.value,
        created_at=key.created_at,
        active_at=key.active_at,
        retired_at=key.retired_at,
        name=record_name(key),
        record=key.record,
    )
