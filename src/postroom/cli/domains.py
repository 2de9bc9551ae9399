"""`postroom domain`: whose mail is kept here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import output
from postroom.cli.accounts import octets
from postroom.cli.domain_keys import list_keys, rotate_keys, show_dns
from postroom.cli.people.options import page_options
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.address import normal_domain, parse_address
from postroom.model.administration import AddressFormat, DomainChange

if TYPE_CHECKING:
    from postroom.admin.operator import Operator
    from postroom.app.administration import People
    from postroom.model.administration import DomainRow


@click.group()
@group_data_option
def domain() -> None:
    """Add, list, change, remove domains; their keys and DNS records."""


domain.add_command(list_keys)
domain.add_command(rotate_keys)
domain.add_command(show_dns)


@domain.command("add")
@click.argument("name")
@data_option
def add_domain(name: str, data: Path) -> None:
    """Keep mail of the domain NAME here, and make the keys that sign it."""
    from postroom.cli.people.opened import with_people

    normal = normal_domain(name)
    with_people(data, lambda people, operator: people.domains.add(operator, normal))
    click.echo(f"Added {normal}. What to publish for it: postroom domain dns {normal}")


@domain.command("remove")
@click.argument("name")
@data_option
def remove_domain(name: str, data: Path) -> None:
    """Keep no mail of the domain NAME any more; its accounts must be gone first."""
    from postroom.cli.people.opened import with_people

    normal = normal_domain(name)
    with_people(data, lambda people, operator: people.domains.remove(operator, normal))
    click.echo(f"Removed {normal}.")


@domain.command("catch-all")
@click.argument("name")
@click.argument("target", required=False)
@data_option
def set_catch_all(name: str, target: str | None, data: Path) -> None:
    """Lead unknown names of the domain NAME to the address TARGET; without TARGET, refuse them."""
    address = parse_address(target) if target else None
    normal = _change(data, name, DomainChange(catch_all=address))
    click.echo(
        f"Unknown names of {normal} lead to {address}." if address else f"Unknown names of {normal} are refused."
    )


@domain.command("set-sending-limit")
@click.argument("name")
@click.argument("limit")
@data_option
def set_sending_limit(name: str, limit: str, data: Path) -> None:
    """Let all accounts of the domain NAME together send to at most LIMIT recipients on other servers in 24 hours, or `none`."""
    number = output.count(limit)
    normal = _change(data, name, DomainChange(sending_limit=number))
    click.echo(f"{normal} may send to {'any number of' if number is None else number} recipients in 24 hours.")


@domain.command("set-account-quota")
@click.argument("name")
@click.argument("size")
@data_option
def set_account_quota(name: str, size: str, data: Path) -> None:
    """Give new accounts of the domain NAME the quota SIZE (octets, or with K, M, G), or `none`; the most that a domain administrator may give."""
    quota = octets(size)
    normal = _change(data, name, DomainChange(account_quota=quota))
    click.echo(f"New accounts of {normal} may hold {'any amount' if quota is None else f'{quota} octets'} of mail.")


@domain.command("set-largest-attachment")
@click.argument("name")
@click.argument("size")
@data_option
def set_largest_attachment(name: str, size: str, data: Path) -> None:
    """Let accounts of the domain NAME send attachments of at most SIZE (octets, or with K, M, G), or `none` for any that the message may have."""
    most = octets(size)
    normal = _change(data, name, DomainChange(largest_attachment=most))
    click.echo(f"Accounts of {normal} send attachments of {'any size' if most is None else f'at most {most} octets'}.")


@domain.command("set-address-format")
@click.argument("name")
@click.argument("form", type=click.Choice([one.value for one in AddressFormat]))
@data_option
def set_address_format(name: str, form: str, data: Path) -> None:
    """Make addresses of the domain NAME from people's names in this form."""
    normal = _change(data, name, DomainChange(address_format=AddressFormat(form)))
    click.echo(f"Addresses of {normal} are made as {form}.")


@domain.command("make-primary")
@click.argument("name")
@data_option
def make_primary(name: str, data: Path) -> None:
    """Let user names without a domain belong to the domain NAME."""
    normal = _change(data, name, DomainChange(is_primary=True))
    click.echo(f"{normal} is the primary domain.")


@domain.command("administrators")
@click.argument("name")
@click.argument("accounts", nargs=-1)
@data_option
@click.option("--none", "nobody", is_flag=True, help="Let nobody administer this domain alone.")
def administrators(name: str, accounts: tuple[str, ...], data: Path, nobody: bool) -> None:
    """Let ACCOUNTS, and nobody else, administer the domain NAME and no more than their domains; without ACCOUNTS, show who does."""
    from postroom.cli.people.opened import with_people

    if accounts and nobody:
        raise click.UsageError("give accounts or --none")
    if accounts or nobody:
        _change(data, name, DomainChange(administrators=tuple(parse_address(one) for one in accounts)))
    normal = normal_domain(name)
    row = with_people(data, lambda people, operator: people.domains.one(operator, normal))
    for address in row.administrators:
        click.echo(str(address))
    if not row.administrators:
        click.echo(f"Nobody administers {normal} alone.")


@domain.command("list")
@data_option
@json_option
@page_options("name, accounts")
def list_domains(data: Path, as_json: bool, limit: int | None, **chosen: Any) -> None:
    """List the domains."""
    from postroom.cli.people.opened import all_pages, selection, with_people

    async def work(people: People, operator: Operator) -> list[DomainRow]:
        return await all_pages(lambda part: people.domains.page(operator, part), selection(**chosen), limit)

    found = with_people(data, work)
    if as_json:
        output.as_json(
            [
                {
                    "name": one.name,
                    "primary": one.is_primary,
                    "accounts": one.accounts,
                    "aliases": one.aliases,
                    "groups": one.groups,
                    "sending_limit": one.sending_limit,
                    "account_quota": one.account_quota,
                    "largest_attachment": one.largest_attachment,
                    "address_format": one.address_format.value,
                    "administrators": [str(address) for address in one.administrators],
                    "catch_all": str(one.catch_all) if one.catch_all is not None else None,
                }
                for one in found
            ]
        )
        return
    rows = [
        (one.name, one.is_primary, one.accounts, one.aliases, one.groups, one.sending_limit, one.catch_all)
        for one in found
    ]
    columns = ("Domain", "Primary", "Accounts", "Aliases", "Groups", "Sends", "Catch-all")
    output.table(f"Domains ({len(rows)})", columns, rows, "There are no domains.")


def _change(data: Path, name: str, change: DomainChange) -> str:
    from postroom.cli.people.opened import with_people

    normal = normal_domain(name)
    with_people(data, lambda people, operator: people.domains.change(operator, normal, change))
    return normal
