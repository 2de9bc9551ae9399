"""/aliases: other addresses that lead to somebody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from postroom.model.address import parse_address
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import AddressText, Form, Listing, SelectedOfDomain, selection

router = APIRouter(prefix="/aliases", tags=["aliases"])


class AliasItem(BaseModel):
    address: str
    targets: list[str]
    domain: str


class NewAliasForm(Form):
    address: AddressText
    target: AddressText


class AddedAlias(BaseModel):
    address: str
    target: str


@router.get("", summary="Aliases with all they lead to")
async def page(desk: AtDesk, operator: Asking, wanted: SelectedOfDomain) -> Listing[AliasItem]:
    found = await desk.aliases.page(operator, selection(wanted), wanted.domain)
    return Listing(
        items=[
            AliasItem(
                address=str(one.address), targets=[str(target) for target in one.targets], domain=one.address.domain
            )
            for one in found.items
        ],
        total=found.total,
    )


@router.post("", summary="Lead an address somewhere; again for more targets", status_code=201)
async def add(form: NewAliasForm, desk: AtDesk, operator: Asking) -> AddedAlias:
    await desk.aliases.add(operator, parse_address(form.address), parse_address(form.target))
    return AddedAlias(address=form.address, target=form.target)


@router.delete("/{address:path}", summary="Remove one target, or the alias", status_code=204)
async def remove(
    address: Annotated[AddressText, Path()],
    desk: AtDesk,
    operator: Asking,
    target: Annotated[AddressText | None, Query(description="This target alone.")] = None,
) -> None:
    await desk.aliases.remove(operator, parse_address(address), parse_address(target) if target is not None else None)
