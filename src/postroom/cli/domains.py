"""`postroom domain` and `postroom alias`: whose mail is kept here, and other names that lead to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.address import normal_domain, parse_address

if TYPE_CHECKING:
    from postroom.app import Adapters
    from postroom.model.account import Alias, Domain


@click.group()
@group_data_option
def domain() -> None:
    """Add, list, remove domains."""


@domain.command("add")
@click.argument("name")
@data_option
def add_domain(name: str, data: Path) -> None:
    """Keep mail of the domain NAME here."""
    from postroom.cli.opened import change
    from postroom.directory import changes

    normal = normal_domain(name)
    change(data, "domain added", normal, lambda transaction: changes.add_domain(transaction, normal))
    click.echo(f"Added {normal}.")


@domain.command("remove")
@click.argument("name")
@data_option
def remove_domain(name: str, data: Path) -> None:
    """Keep no mail of the domain NAME any more; its accounts must be gone first."""
    from postroom.cli.opened import change
    from postroom.directory import changes

    normal = normal_domain(name)
    change(data, "domain removed", normal, lambda transaction: changes.remove_domain(transaction, normal))
    click.echo(f"Removed {normal}.")


@domain.command("catch-all")
@click.argument("name")
@click.argument("target", required=False)
@data_option
def set_catch_all(name: str, target: str | None, data: Path) -> None:
    """Lead unknown names of the domain NAME to the address TARGET; without TARGET, refuse them."""
    from postroom.cli.opened import change
    from postroom.directory import changes

    normal = normal_domain(name)
    address = parse_address(target) if target else None
    change(data, "catch-all set", normal, lambda transaction: changes.set_catch_all(transaction, normal, address))
    click.echo(
        f"Unknown names of {normal} lead to {address}." if address else f"Unknown names of {normal} are refused."
    )


@domain.command("list")
@data_option
@json_option
def list_domains(data: Path, as_json: bool) -> None:
    """List the domains."""
    from postroom.cli.opened import run

    found = run(data, _domains)
    rows = [(item.name, item.is_primary, item.catch_all) for item in found]
    if as_json:
        output.as_json([{"name": name, "primary": primary, "catch_all": target} for name, primary, target in rows])
    else:
        output.table(f"Domains ({len(rows)})", ("Domain", "Primary", "Catch-all"), rows, "There are no domains.")


async def _domains(adapters: Adapters) -> list[Domain]:
    from postroom.directory import changes

    return changes.domains(adapters.database.read)


@click.group()
@group_data_option
def alias() -> None:
    """Add, list, remove aliases."""


@alias.command("add")
@click.argument("address")
@click.argument("target")
@data_option
def add_alias(address: str, target: str, data: Path) -> None:
    """Lead ADDRESS to TARGET; call again for more targets."""
    from postroom.cli.opened import change
    from postroom.directory import changes

    name, leads_to = parse_address(address), parse_address(target)
    change(
        data, "alias added", f"{name} → {leads_to}", lambda transaction: changes.add_alias(transaction, name, leads_to)
    )
    click.echo(f"{name} leads to {leads_to}.")


@alias.command("remove")
@click.argument("address")
@click.argument("target", required=False)
@data_option
def remove_alias(address: str, target: str | None, data: Path) -> None:
    """Remove the alias ADDRESS, or only its TARGET."""
    from postroom.cli.opened import change
    from postroom.directory import changes

    name = parse_address(address)
    one = parse_address(target) if target else None
    change(data, "alias removed", str(name), lambda transaction: changes.remove_alias(transaction, name, one))
    click.echo(f"Removed {name}." if one is None else f"{name} leads to {one} no more.")


@alias.command("list")
@data_option
@json_option
def list_aliases(data: Path, as_json: bool) -> None:
    """List the aliases."""
    from postroom.cli.opened import run

    rows = [(item.address, item.target) for item in run(data, _aliases)]
    if as_json:
        output.as_json([{"address": address, "target": target} for address, target in rows])
    else:
        output.table(f"Aliases ({len(rows)})", ("Alias", "Leads to"), rows, "There are no aliases.")


async def _aliases(adapters: Adapters) -> list[Alias]:
    from postroom.directory import changes

    return changes.aliases(adapters.database.read)
