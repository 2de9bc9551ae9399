"""`postroom account`: the people who have mail here."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.account import Role
from postroom.model.address import Address, parse_address
from postroom.model.database import Transaction
from postroom.model.ids import AccountId

if TYPE_CHECKING:
    from postroom.app import Adapters

T = TypeVar("T")

_ROLES = {"user": Role.USER, "domain-administrator": Role.DOMAIN_ADMINISTRATOR, "administrator": Role.ADMINISTRATOR}
_SIZE = re.compile(r"([0-9]{1,15})([kKmMgG]?)\Z", re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@click.group()
@group_data_option
def account() -> None:
    """Add, list, disable, remove accounts; set passwords."""


async def create_account(
    adapters: Adapters, address: Address, password: str, role: Role, display_name: str
) -> AccountId:
    """The row, then the mail store; killed between the two, the next login or delivery makes the store."""
    from postroom.cli.opened import who
    from postroom.directory import changes
    from postroom.store.server_database import record

    proof = await asyncio.get_running_loop().run_in_executor(adapters.pool, changes.credential, password)

    def operation(transaction: Transaction) -> AccountId:
        record(transaction, adapters.clock, who(), "account added", str(address))
        return changes.add_account(transaction, address, proof, role, display_name, adapters.clock.now())

    account_id = await adapters.database.write(operation)
    await adapters.store.prepare_account(account_id)
    return account_id


@account.command()
@click.argument("address")
@data_option
@click.option("--name", "display_name", default="", help="The name shown beside the address.")
@click.option("--role", type=click.Choice(sorted(_ROLES)), default="user", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(address: str, data: Path, display_name: str, role: str, password_stdin: bool) -> None:
    """Add the account ADDRESS."""
    from postroom.cli.opened import data_folder, run

    data_folder(data)
    parsed = parse_address(address)
    password = output.password(password_stdin, address)
    run(data, lambda adapters: create_account(adapters, parsed, password, _ROLES[role], display_name))
    click.echo(f"Added {parsed}.")


@account.command("list")
@data_option
@json_option
def list_accounts(data: Path, as_json: bool) -> None:
    """List the accounts."""
    from postroom.cli.opened import run

    rows = run(data, _listed)
    if as_json:
        output.as_json(rows)
        return
    columns = ("Address", "Role", "Messages", "Octets", "Quota", "Sends", "Disabled", "Name")
    fields = ("address", "role", "messages", "size", "quota", "sending_limit", "disabled", "name")
    shown = [tuple(row[field] for field in fields) for row in rows]
    output.table(
        f"Accounts ({len(rows)})", columns, shown, "There are no accounts; add one: postroom account add ADDRESS"
    )


async def _listed(adapters: Adapters) -> list[dict[str, object]]:
    from postroom.directory import changes
    from postroom.directory.sending_limits import account_limits
    from postroom.model.errors import MailError

    limits = account_limits(adapters.database.read)
    rows: list[dict[str, object]] = []
    for found in changes.accounts(adapters.database.read):
        try:
            usage = await adapters.store.usage(found.account_id)
            size, messages = usage.size, usage.message_count
        except MailError:
            size, messages = None, None
        rows.append(
            {
                "address": str(found.address),
                "name": found.display_name,
                "role": found.role.value,
                "disabled": found.is_disabled,
                "messages": messages,
                "size": size,
                "quota": found.quota,
                "sending_limit": limits.get(found.account_id),
                "id": found.account_id,
            }
        )
    return rows


@account.command("set-password")
@click.argument("address")
@data_option
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(address: str, data: Path, password_stdin: bool) -> None:
    """Give ADDRESS a new password."""
    from postroom.cli.opened import run
    from postroom.directory import changes

    parsed = parse_address(address)
    run(data, lambda adapters: _exists(adapters, parsed))
    proof = changes.credential(output.password(password_stdin, address))
    _change(data, parsed, "password set", lambda transaction: changes.set_password(transaction, parsed, proof))
    click.echo(f"{parsed} has a new password.")


async def _exists(adapters: Adapters, address: Address) -> None:
    from postroom.directory import changes

    changes.find_account(adapters.database.read, address)


@account.command()
@click.argument("address")
@data_option
def disable(address: str, data: Path) -> None:
    """Refuse logins of ADDRESS; its mail is kept and still arrives."""
    _set_disabled(address, data, disabled=True)


@account.command()
@click.argument("address")
@data_option
def enable(address: str, data: Path) -> None:
    """Allow logins of ADDRESS again."""
    _set_disabled(address, data, disabled=False)


def _set_disabled(address: str, data: Path, *, disabled: bool) -> None:
    from postroom.directory import changes

    parsed = parse_address(address)
    word = "disabled" if disabled else "enabled"
    _change(data, parsed, word, lambda transaction: changes.set_disabled(transaction, parsed, disabled=disabled))
    click.echo(f"{parsed} is {word}.")


@account.command("set-quota")
@click.argument("address")
@click.argument("size")
@data_option
def set_quota(address: str, size: str, data: Path) -> None:
    """Let ADDRESS hold at most SIZE (octets, or with K, M, G as in 500M), or `none`. What is there stays."""
    from postroom.cli.opened import run
    from postroom.directory import changes

    parsed, quota = parse_address(address), _octets(size)
    what = f"quota set to {size}"
    account_id = _change(data, parsed, what, lambda transaction: changes.set_quota(transaction, parsed, quota))
    run(data, lambda adapters: adapters.store.set_quota(account_id, quota))
    click.echo(f"{parsed} may hold {'any amount' if quota is None else f'{quota} octets'} of mail.")


def _octets(text: str) -> int | None:
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
    from postroom.directory.sending_limits import set_account_limit

    parsed = parse_address(address)
    number = None if limit.lower() == "usual" else output.count(limit) or 0
    _change(
        data,
        parsed,
        f"sending limit set to {limit.lower()}",
        lambda transaction: set_account_limit(transaction, parsed, number),
    )
    words = {None: "as many recipients as the settings say", 0: "any number of recipients"}
    click.echo(f"{parsed} may send to {words.get(number, f'{number} recipients')} in 24 hours.")


@account.command()
@click.argument("address")
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(address: str, data: Path, yes: bool) -> None:
    """Remove ADDRESS and all its mail."""
    from postroom.cli.opened import run
    from postroom.directory import changes

    parsed = parse_address(address)
    run(data, lambda adapters: _exists(adapters, parsed))
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("give --yes: there is no terminal to ask")
        click.confirm(f"Remove {parsed} and all its mail for ever?", abort=True)
    account_id = _change(
        data, parsed, "account removed", lambda transaction: changes.remove_account(transaction, parsed)
    )
    run(data, lambda adapters: adapters.store.remove_account(account_id))
    click.echo(f"Removed {parsed}.")


def _change(data: Path, address: Address, what: str, operation: Callable[[Transaction], T]) -> T:
    from postroom.cli.opened import change

    return change(data, what, str(address), operation)
