"""`postroom alias`: other addresses that lead to somebody."""

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
    from postroom.model.administration import AliasRow


@click.group()
@group_data_option
def alias() -> None:
    """Add, list, remove aliases."""


@alias.command("add")
@click.argument("address")
@click.argument("target")
@data_option
def add_alias(address: str, target: str, data: Path) -> None:
    """Lead ADDRESS to TARGET, here or on another server (a forward); call again for more targets."""
    from postroom.cli.people.opened import with_people

    name, leads_to = parse_address(address), parse_address(target)
    with_people(data, lambda people, operator: people.aliases.add(operator, name, leads_to))
    click.echo(f"{name} leads to {leads_to}.")


@alias.command("remove")
@click.argument("address")
@click.argument("target", required=False)
@data_option
def remove_alias(address: str, target: str | None, data: Path) -> None:
    """Remove the alias ADDRESS, or only its TARGET."""
    from postroom.cli.people.opened import with_people

    name = parse_address(address)
    one = parse_address(target) if target else None
    with_people(data, lambda people, operator: people.aliases.remove(operator, name, one))
    click.echo(f"Removed {name}." if one is None else f"{name} leads to {one} no more.")


@alias.command("list")
@data_option
@json_option
@page_options("address")
def list_aliases(data: Path, as_json: bool, limit: int | None, **chosen: Any) -> None:
    """List the aliases."""
    from postroom.cli.people.opened import all_pages, selection, with_people

    async def work(people: People, operator: Operator) -> list[AliasRow]:
        return await all_pages(lambda part: people.aliases.page(operator, part), selection(**chosen), limit)

    rows = [(str(item.address), str(target)) for item in with_people(data, work) for target in item.targets]
    if as_json:
        output.as_json([{"address": address, "target": target} for address, target in rows])
    else:
        output.table(f"Aliases ({len(rows)})", ("Alias", "Leads to"), rows, "There are no aliases.")
