"""`postroom group`: addresses that deliver to several members."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import output
from postroom.cli.people.options import page_options
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.address import parse_address

if TYPE_CHECKING:
    from postroom.admin.operator import Operator
    from postroom.app.administration import People
    from postroom.model.administration import Group, GroupChange


@click.group()
@group_data_option
def group() -> None:
    """Add, list, change, remove groups."""


@group.command("add")
@click.argument("address")
@click.argument("members", nargs=-1)
@data_option
@click.option("--name", default="", help="What people call it.")
@click.option("--description", default="", help="What it is for.")
def add_group(address: str, members: tuple[str, ...], data: Path, name: str, description: str) -> None:
    """Deliver mail for ADDRESS to all MEMBERS: accounts, other groups, addresses elsewhere."""
    from postroom.cli.people.opened import with_people

    own, parsed = parse_address(address), [parse_address(one) for one in members]
    with_people(data, lambda people, operator: people.groups.add(operator, own, name, description, parsed))
    click.echo(f"Added {own} with {len(parsed)} member{'' if len(parsed) == 1 else 's'}.")


@group.command("list")
@data_option
@json_option
@page_options("address, name")
def list_groups(data: Path, as_json: bool, limit: int | None, **chosen: Any) -> None:
    """List the groups."""
    from postroom.cli.people.opened import all_pages, selection, with_people

    async def work(people: People, operator: Operator) -> list[Group]:
        return await all_pages(lambda part: people.groups.page(operator, part), selection(**chosen), limit)

    found = with_people(data, work)
    if as_json:
        output.as_json([_fields(one) for one in found])
        return
    rows = [(one.address, one.member_count, one.name) for one in found]
    output.table(f"Groups ({len(rows)})", ("Address", "Members", "Name"), rows, "There are no groups.")


def _fields(found: Group) -> dict[str, object]:
    return {
        "id": found.group_id,
        "address": str(found.address),
        "name": found.name,
        "description": found.description,
        "member_count": found.member_count,
    }


@group.command("show")
@click.argument("address")
@data_option
@json_option
def show_group(address: str, data: Path, as_json: bool) -> None:
    """Show the group ADDRESS and its members."""
    from postroom.cli.people.opened import with_people

    own = parse_address(address)

    async def work(people: People, operator: Operator) -> Group:
        return await people.groups.one(operator, await people.groups.at(operator, own))

    found = with_people(data, work)
    if as_json:
        output.as_json(_fields(found) | {"members": [str(one) for one in found.members]})
        return
    click.echo(f"{found.address}  {found.name}" + (f"\n{found.description}" if found.description else ""))
    for member in found.members:
        click.echo(f"  {member}")


@group.command("add-member")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@data_option
def add_member(address: str, members: tuple[str, ...], data: Path) -> None:
    """Deliver mail for the group ADDRESS to MEMBERS too."""
    from postroom.model.administration import GroupChange

    found = _change(data, address, GroupChange(add=tuple(parse_address(one) for one in members)))
    click.echo(f"{found.address} has {found.member_count} members.")


@group.command("remove-member")
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@data_option
def remove_member(address: str, members: tuple[str, ...], data: Path) -> None:
    """Deliver mail for the group ADDRESS to MEMBERS no more."""
    from postroom.model.administration import GroupChange

    found = _change(data, address, GroupChange(remove=tuple(parse_address(one) for one in members)))
    click.echo(f"{found.address} has {found.member_count} members.")


@group.command("remove")
@click.argument("address")
@data_option
def remove_group(address: str, data: Path) -> None:
    """Remove the group ADDRESS; its members stay."""
    from postroom.cli.people.opened import with_people

    own = parse_address(address)

    async def work(people: People, operator: Operator) -> None:
        await people.groups.remove(operator, await people.groups.at(operator, own))

    with_people(data, work)
    click.echo(f"Removed {own}.")


def _change(data: Path, address: str, change: GroupChange) -> Group:
    from postroom.cli.people.opened import with_people

    own = parse_address(address)

    async def work(people: People, operator: Operator) -> Group:
        return await people.groups.change(operator, await people.groups.at(operator, own), change)

    return with_people(data, work)
