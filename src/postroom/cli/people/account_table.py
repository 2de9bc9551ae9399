"""`postroom account import` and `export`: accounts as a table (CSV)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from postroom.cli import output
from postroom.cli.root import data_option, json_option

if TYPE_CHECKING:
    from postroom.admin.operator import Operator
    from postroom.admin.people.account_csv import Outcome
    from postroom.app.administration import People

_SOME_FAILED = 1  # exit status


@click.command("import")
@click.argument("file", type=click.File("rb"))
@data_option
@json_option
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
def import_accounts(file: BinaryIO, data: Path, as_json: bool, dry_run: bool) -> None:
    """Add and change accounts as the table FILE says (CSV with a line of column names; - is standard input).

    Columns: address, name, quota, role, password, disabled, aliases (with blanks between). An empty field leaves what is there; nothing is removed. Without a
    password an account can't log in until one is set. Exit status 1 where lines were refused.
    """
    from postroom.admin.people.account_csv import MAX_FILE, Action
    from postroom.cli.people.opened import with_people

    table = file.read(MAX_FILE + 1)

    async def work(people: People, operator: Operator) -> list[Outcome]:
        if dry_run:
            return await people.table.preview(operator, table)
        return await people.table.apply(operator, table, _progress)

    outcomes = with_people(data, work)
    if as_json:
        output.as_json(
            [
                {
                    "line": one.line,
                    "address": one.address,
                    "action": one.action.value,
                    "changes": one.changes,
                    "error": one.error,
                }
                for one in outcomes
            ]
        )
    else:
        shown = [one for one in outcomes if dry_run or one.action is Action.ERROR]
        rows = [(one.line, one.address, one.action.value, one.error or ", ".join(one.changes)) for one in shown]
        if rows:
            output.table("Lines", ("Line", "Address", "Action", "What"), rows, "")
        counts = [f"{action.value} {sum(one.action is action for one in outcomes)}" for action in Action]
        click.echo(f"{len(outcomes)} lines: {', '.join(counts)}." + (" Nothing was done." if dry_run else ""))
    if any(one.action is Action.ERROR for one in outcomes):
        raise click.exceptions.Exit(_SOME_FAILED)


def _progress(done: int, total: int) -> None:
    if total > 1000 and done and (done % 1000 < 8 or done == total):
        click.echo(f"{done} of {total}", err=True)


@click.command("export")
@data_option
@click.option("--domain", help="Of this domain only.")
def export_accounts(data: Path, domain: str | None) -> None:
    """Print all accounts as such a table, without passwords."""
    from postroom.cli.people.opened import with_people
    from postroom.model.address import normal_domain

    only = normal_domain(domain) if domain else None

    async def work(people: People, operator: Operator) -> None:
        async for line in people.table.export(operator, only):
            click.echo(line, nl=False)

    with_people(data, work)
