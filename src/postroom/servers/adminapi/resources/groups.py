"""/groups: addresses that deliver to several members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from postroom.model.address import Address, parse_address
from postroom.model.administration import MAX_MEMBERS, UNCHANGED, Group, GroupChange
from postroom.model.ids import GroupId
from postroom.servers.adminapi.access import Asking
from postroom.servers.adminapi.desk import AtDesk
from postroom.servers.adminapi.forms import AddressText, Form, Listing, Number, SelectedOfDomain, selection
from postroom.servers.adminapi.resources.accounts import Name

router = APIRouter(prefix="/groups", tags=["groups"])

Members = Annotated[list[AddressText], Field(max_length=MAX_MEMBERS)]
Description = Annotated[str, Field(max_length=2000)]


class GroupItem(BaseModel):
    id: int
    address: str
    name: str
    description: str
    member_count: int


class GroupView(GroupItem):
    members: list[str]


class NewGroupForm(Form):
    address: AddressText
    name: Name = ""
    description: Description = ""
    members: Members = Field(default=[])


class GroupForm(Form):
    name: Name = ""
    description: Description = ""
    address: AddressText = ""
    members: Members = Field(default=[], description="All of them; add and remove change some.")
    add: Members = Field(default=[])
    remove: Members = Field(default=[])


@router.get("", summary="Groups, without their members")
async def page(desk: AtDesk, operator: Asking, wanted: SelectedOfDomain) -> Listing[GroupItem]:
    found = await desk.groups.page(operator, selection(wanted), wanted.domain)
    return Listing(
        items=[
            GroupItem(
                id=one.group_id,
                address=str(one.address),
                name=one.name,
                description=one.description,
                member_count=one.member_count,
            )
            for one in found.items
        ],
        total=found.total,
    )


@router.post("", summary="Add a group", status_code=201)
async def add(form: NewGroupForm, desk: AtDesk, operator: Asking) -> GroupView:
    group_id = await desk.groups.add(
        operator, parse_address(form.address), form.name, form.description, _addresses(form.members)
    )
    return _view(await desk.groups.one(operator, group_id))


@router.get("/{group_id}", summary="One group with its members")
async def one(group_id: Number, desk: AtDesk, operator: Asking) -> GroupView:
    return _view(await desk.groups.one(operator, GroupId(group_id)))


@router.patch("/{group_id}", summary="Change what is given: all of it, or nothing")
async def change(group_id: Number, form: GroupForm, desk: AtDesk, operator: Asking) -> GroupView:
    given = form.model_fields_set
    wanted = GroupChange(
        name=form.name if "name" in given else UNCHANGED,
        description=form.description if "description" in given else UNCHANGED,
        address=parse_address(form.address) if "address" in given else UNCHANGED,
        members=_addresses(form.members) if "members" in given else UNCHANGED,
        add=_addresses(form.add),
        remove=_addresses(form.remove),
    )
    return _view(await desk.groups.change(operator, GroupId(group_id), wanted))


@router.delete("/{group_id}", summary="Remove a group; its members stay", status_code=204)
async def remove(group_id: Number, desk: AtDesk, operator: Asking) -> None:
    await desk.groups.remove(operator, GroupId(group_id))


def _addresses(texts: list[str]) -> tuple[Address, ...]:
    return tuple(parse_address(text) for text in texts)


def _view(group: Group) -> GroupView:
    return GroupView(
        id=group.group_id,
        address=str(group.address),
        name=group.name,
        description=group.description,
        member_count=group.member_count,
        members=[str(member) for member in group.members],
    )
