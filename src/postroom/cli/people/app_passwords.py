"""`postroom account app-password`: passwords that single mail programs have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option, json_option
from postroom.model.account import MailProtocol
from postroom.model.address import parse_address
from postroom.model.ids import AppPasswordId

if TYPE_CHECKING:
    from postroom.admin.operator import Operator
    from postroom.app.administration import People
    from postroom.model.administration import AppPassword


@click.group("app-password")
def app_password() -> None:
    """List, add, remove passwords of single mail programs."""


@app_password.command("list")
@click.argument("address")
@data_option
@json_option
def list_app_passwords(address: str, data: Path, as_json: bool) -> None:
    """List those of ADDRESS; the passwords themselves are kept nowhere."""
    from postroom.cli.people.opened import with_people

    parsed = parse_address(address)

    async def work(people: People, operator: Operator) -> list[AppPassword]:
        return await people.accounts.app_passwords(operator, await people.accounts.at(operator, parsed))

    found = with_people(data, work)
    if as_json:
        output.as_json(
            [
                {
                    "id": one.app_password_id,
                    "name": one.name,
                    "protocols": sorted(one.protocols),
                    "created_at": one.created_at,
                    "last_used_at": one.last_used_at,
                }
                for one in found
            ]
        )
        return
    rows = [
        (
            one.app_password_id,
            ", ".join(sorted(one.protocols)),
            output.moment(one.created_at),
            output.moment(one.last_used_at) if one.last_used_at else None,
            one.name,
        )
        for one in found
    ]
    columns = ("Number", "Good for", "Made", "Last used", "Name")
    output.table(f"App passwords of {parsed} ({len(rows)})", columns, rows, "There are no app passwords.")


@app_password.command("add")
@click.argument("address")
@click.argument("name")
@data_option
@click.option(
    "--protocol", "protocols", multiple=True, type=click.Choice([one.value for one in MailProtocol]),
    help="What it is good for; again for more. All without it.",
)  # fmt: skip
def add_app_password(address: str, name: str, data: Path, protocols: tuple[str, ...]) -> None:
    """Make one for the program NAME of ADDRESS, and show it this once."""
    from postroom.cli.people.opened import with_people

    parsed = parse_address(address)
    good_for = [MailProtocol(one) for one in protocols] or list(MailProtocol)

    async def work(people: People, operator: Operator) -> str:
        account_id = await people.accounts.at(operator, parsed)
        _, password = await people.accounts.add_app_password(operator, account_id, name, good_for)
        return password

    click.echo(with_people(data, work))


@app_password.command("remove")
@click.argument("address")
@click.argument("number", type=click.IntRange(1))
@data_option
def remove_app_password(address: str, number: int, data: Path) -> None:
    """Remove the one of ADDRESS that `list` shows under NUMBER; its program can't log in any more."""
    from postroom.cli.people.opened import with_people

    parsed = parse_address(address)

    async def work(people: People, operator: Operator) -> None:
        account_id = await people.accounts.at(operator, parsed)
        await people.accounts.remove_app_password(operator, account_id, AppPasswordId(number))

    with_people(data, work)
    click.echo(f"Removed the app password {number} of {parsed}.")
