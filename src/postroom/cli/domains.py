"""`postroom domain` and `postroom alias`: whose mail is kept here, and other names that lead to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.domain_keys import list_keys, rotate_keys, show_dns
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.address import normal_domain, parse_address

if TYPE_CHECKING:
    from postroom.app import Adapters
    from postroom.model.account import Alias, Domain
    from postroom.model.database import Transaction


@click.group()
@group_data_option
def domain() -> None:
    """Add, list, remove domains; their keys and DNS records."""


domain.add_command(list_keys)
domain.add_command(rotate_keys)
domain.add_command(show_dns)


@domain.command("add")
@click.argument("name")
@data_option
def add_domain(name: str, data: Path) -> None:
    """Keep mail of the domain NAME here, and make the keys that sign it."""
    from postroom.app import SystemClock
    from postroom.cli.opened import change, data_folder
    from postroom.directory import changes
    from postroom.directory.domain_keys import add_keys
    from postroom.model.account import KeyState
    from postroom.msa.key_rotation import new_pair

    data_folder(data)
    normal = normal_domain(name)
    pair = new_pair(normal, KeyState.ACTIVE, SystemClock().now())

    def operation(transaction: Transaction) -> None:
        changes.add_domain(transaction, normal)
        add_keys(transaction, pair)

    change(data, "domain added", normal, operation)
    click.echo(f"Added {normal}. What to publish for it: postroom domain dns {normal}")


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


@domain.command("set-sending-limit")
@click.argument("name")
@click.argument("limit")
@data_option
def set_sending_limit(name: str, limit: str, data: Path) -> None:
    """Let all accounts of the domain NAME together send to at most LIMIT recipients on other servers in 24 hours, or `none`."""
    from postroom.cli.opened import change
    from postroom.directory.sending_limits import set_domain_limit

    normal, number = normal_domain(name), output.count(limit)
    change(
        data,
        f"sending limit set to {limit.lower()}",
        normal,
        lambda transaction: set_domain_limit(transaction, normal, number),
    )
    click.echo(f"{normal} may send to {'any number of' if number is None else number} recipients in 24 hours.")


@domain.command("list")
@data_option
@json_option
def list_domains(data: Path, as_json: bool) -> None:
    """List the domains."""
    from postroom.cli.opened import run

    found, limits = run(data, _domains)
    rows = [(item.name, item.is_primary, limits.get(item.name), item.catch_all) for item in found]
    if as_json:
        fields = ("name", "primary", "sending_limit", "catch_all")
        output.as_json([dict(zip(fields, row, strict=True)) for row in rows])
    else:
        columns = ("Domain", "Primary", "Sends", "Catch-all")
        output.table(f"Domains ({len(rows)})", columns, rows, "There are no domains.")


async def _domains(adapters: Adapters) -> tuple[list[Domain], dict[str, int]]:
    from postroom.directory import changes
    from postroom.directory.sending_limits import domain_limits

    return changes.domains(adapters.database.read), domain_limits(adapters.database.read)


@click.group()
@group_data_option
def alias() -> None:
    """Add, list, remove aliases."""


@alias.command("add")
@click.argument("address")
@click.argument("target")
@data_option
def add_alias(address: str, target: str, data: Path) -> None:
    """Lead ADDRESS to TARGET, here or on another server (a forward); call again for more targets (a group)."""
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
