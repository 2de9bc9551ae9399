"""`postroom account`: the people who have mail here."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import output
from postroom.cli.people.account_table import export_accounts, import_accounts
from postroom.cli.people.app_passwords import app_password
from postroom.cli.people.options import page_options
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.account import Role
from postroom.model.address import normal_domain, parse_address

if TYPE_CHECKING:
    from postroom.admin.operator import Operator
    from postroom.admin.people.accounts import AccountView
    from postroom.app.administration import People
    from postroom.model.administration import AccountChange

_ROLES = {"user": Role.USER, "domain-administrator": Role.DOMAIN_ADMINISTRATOR, "administrator": Role.ADMINISTRATOR}
_SIZE = re.compile(r"([0-9]{1,15})([kKmMgG]?)\Z", re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@click.group()
@group_data_option
def account() -> None:
    """Add, list, change, remove accounts; set passwords; import and export."""


account.add_command(app_password)
account.add_command(import_accounts)
account.add_command(export_accounts)


@account.command()
@click.argument("address")
@data_option
@click.option("--name", "display_name", default="", help="The name shown beside the address.")
@click.option("--role", type=click.Choice(sorted(_ROLES)), default="user", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(address: str, data: Path, display_name: str, role: str, password_stdin: bool) -> None:
    """Add the account ADDRESS; @DOMAIN alone makes the address of the name, as the domain's address format wants it.

    A domain administrator administers the domain of the address; `postroom domain administrators` names others.
    """
    from postroom.cli.opened import data_folder
    from postroom.cli.people.opened import with_people
    from postroom.model.administration import NewAccount

    data_folder(data)
    wanted = None if address.startswith("@") else parse_address(address)
    domain = normal_domain(address[1:]) if wanted is None else ""
    password = output.password(password_stdin, address)

    async def work(people: People, operator: Operator) -> str:
        new = wanted or await people.accounts.free_address(operator, domain, display_name)
        await people.accounts.add(operator, NewAccount(new, password, display_name, _ROLES[role]))
        return str(new)

    click.echo(f"Added {with_people(data, work)}.")


@account.command("list")
@data_option
@json_option
@page_options("domain, address, display_name, created_at, last_login_at, role, quota")
@click.option("--domain", help="Of this domain only.")
def list_accounts(data: Path, as_json: bool, domain: str | None, limit: int | None, **chosen: Any) -> None:
    """List the accounts."""
    from postroom.cli.people.opened import all_pages, selection, with_people

    only = normal_domain(domain) if domain else None

    async def work(people: People, operator: Operator) -> list[AccountView]:
        chosen["sort"] = chosen["sort"] or "domain"
        return await all_pages(lambda part: people.accounts.page(operator, part, only), selection(**chosen), limit)

    rows = [_row(view) for view in with_people(data, work)]
    if as_json:
        output.as_json(rows)
        return
    columns = ("Address", "Role", "Messages", "Octets", "Quota", "Sends", "Disabled", "Name")
    fields = ("address", "role", "messages", "size", "quota", "sending_limit", "disabled", "name")
    shown = [tuple(row[field] for field in fields) for row in rows]
    output.table(
        f"Accounts ({len(rows)})", columns, shown, "There are no accounts; add one: postroom account add ADDRESS"
    )


def _row(view: AccountView) -> dict[str, object]:
    row = view.row
    return {
        "address": str(row.account.address),
        "name": row.account.display_name,
        "role": row.account.role.value,
        "domains": row.administers,
        "disabled": row.account.is_disabled,
        "messages": view.messages,
        "size": view.used,
        "quota": row.account.quota,
        "sending_limit": row.sending_limit,
        "aliases": [str(address) for address in row.aliases],
        "groups": [str(address) for address in row.groups],
        "created_at": row.account.created_at,
        "last_login_at": row.last_login_at,
        "second_factor": row.has_second_factor,
        "id": row.account.account_id,
    }


@account.command("set-password")
@click.argument("address")
@data_option
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(address: str, data: Path, password_stdin: bool) -> None:
    """Give ADDRESS a new password."""
    from postroom.cli.people.opened import with_people
    from postroom.model.administration import AccountChange

    parsed = parse_address(address)
    with_people(data, lambda people, operator: people.accounts.at(operator, parsed))
    password = output.password(password_stdin, address)
    _change(data, address, AccountChange(password=password))
    click.echo(f"{parsed} has a new password.")


@account.command()
@click.argument("address")
@data_option
def disable(address: str, data: Path) -> None:
    """Refuse logins of ADDRESS; its mail is kept and no more arrives."""
    _set_disabled(address, data, disabled=True)


@account.command()
@click.argument("address")
@data_option
def enable(address: str, data: Path) -> None:
    """Allow logins of ADDRESS again."""
    _set_disabled(address, data, disabled=False)


def _set_disabled(address: str, data: Path, *, disabled: bool) -> None:
    from postroom.model.administration import AccountChange

    _change(data, address, AccountChange(is_disabled=disabled))
    click.echo(f"{parse_address(address)} is {'disabled' if disabled else 'enabled'}.")


@account.command("set-name")
@click.argument("address")
@click.argument("name")
@data_option
def set_name(address: str, name: str, data: Path) -> None:
    """Show NAME beside ADDRESS."""
    from postroom.model.administration import AccountChange

    _change(data, address, AccountChange(display_name=name))
    click.echo(f"{parse_address(address)} is {name}.")


@account.command("set-role")
@click.argument("address")
@click.argument("role", type=click.Choice(sorted(_ROLES)))
@data_option
def set_role(address: str, role: str, data: Path) -> None:
    """Let ADDRESS administer the server, its own domain, or nothing."""
    from postroom.model.administration import AccountChange

    _change(data, address, AccountChange(role=_ROLES[role]))
    click.echo(f"{parse_address(address)} is {role}.")


@account.command("set-address")
@click.argument("address")
@click.argument("new")
@data_option
def set_address(address: str, new: str, data: Path) -> None:
    """Call ADDRESS NEW from now on; the old address stays as an alias, also for logins."""
    from postroom.model.administration import AccountChange

    _change(data, address, AccountChange(address=parse_address(new)))
    click.echo(f"{parse_address(address)} is {parse_address(new)} now.")


@account.command("set-quota")
@click.argument("address")
@click.argument("size")
@data_option
def set_quota(address: str, size: str, data: Path) -> None:
    """Let ADDRESS hold at most SIZE (octets, or with K, M, G as in 500M), or `none`. What is there stays."""
    from postroom.model.administration import AccountChange

    quota = octets(size)
    _change(data, address, AccountChange(quota=quota))
    click.echo(f"{parse_address(address)} may hold {'any amount' if quota is None else f'{quota} octets'} of mail.")


def octets(text: str) -> int | None:
    """Raises UsageError."""
    if text.lower() == "none":
        return None
    found = _SIZE.match(text)
    if found is None or not int(found[1]):
        raise click.UsageError(f"{text} is no size; give octets, a number with K, M or G, or none")
    return int(found[1]) * _UNITS[found[2].upper()]


@account.command("set-sending-limit")
@click.argument("address")
@click.argument("limit")
@data_option
def set_sending_limit(address: str, limit: str, data: Path) -> None:
    """Let ADDRESS send to at most LIMIT recipients on other servers in 24 hours, `none` for any number, `usual` for what the settings say."""
    from postroom.model.administration import AccountChange

    number = None if limit.lower() == "usual" else output.count(limit) or 0
    _change(data, address, AccountChange(sending_limit=number))
    words = {None: "as many recipients as the settings say", 0: "any number of recipients"}
    click.echo(f"{parse_address(address)} may send to {words.get(number, f'{number} recipients')} in 24 hours.")


@account.command("reset-second-factor")
@click.argument("address")
@data_option
def reset_second_factor(address: str, data: Path) -> None:
    """Ask ADDRESS, who has lost it, for no second factor any more."""
    from postroom.cli.people.opened import with_people

    parsed = parse_address(address)

    async def work(people: People, operator: Operator) -> None:
        await people.accounts.reset_second_factor(operator, await people.accounts.at(operator, parsed))

    with_people(data, work)
    click.echo(f"{parsed} logs in with the password alone.")


@account.command()
@click.argument("address")
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(address: str, data: Path, yes: bool) -> None:
    """Remove ADDRESS and all its mail."""
    from postroom.cli.people.opened import with_people

    parsed = parse_address(address)
    account_id = with_people(data, lambda people, operator: people.accounts.at(operator, parsed))
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("give --yes: there is no terminal to ask")
        click.confirm(f"Remove {parsed} and all its mail for ever?", abort=True)
    with_people(data, lambda people, operator: people.accounts.remove(operator, account_id))
    click.echo(f"Removed {parsed}.")


def _change(data: Path, address: str, change: AccountChange) -> None:
    from postroom.cli.people.opened import with_people

    parsed = parse_address(address)

    async def work(people: People, operator: Operator) -> None:
        await people.accounts.change(operator, await people.accounts.at(operator, parsed), change)

    with_people(data, work)
