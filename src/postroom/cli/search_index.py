"""`postroom index`: how far the full-text index is; pause, resume, make anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option

if TYPE_CHECKING:
    from postroom.admin.indexing import IndexOverview, NamedIndex
    from postroom.app import Adapters

_SHOWN = 20  # accounts that wait
_STATES = {
    "off": "Full-text search is off: messages are read by each search.",
    "paused": "Indexing is paused. Searches index what they need.",
    "indexing": "Indexing.",
    "up_to_date": "Everything is indexed.",
}


@click.group("index")
@group_data_option
def index() -> None:
    """The full-text index: how far it is, pause, resume, make anew."""


@index.command("status")
@data_option
@json_option
def status(data: Path, as_json: bool) -> None:
    """Show how far the index is, and the accounts that wait."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> tuple[IndexOverview, list[NamedIndex]]:
        from postroom.app.administration import build_indexing

        indexing = build_indexing(adapters)
        found = await indexing.accounts(operator(), "", 0, _SHOWN)
        return indexing.overview(operator()), [one for one in found.items if one.index.waiting]

    found, waiting = run(data, work)
    totals = found.totals
    if as_json:
        output.as_json(
            {
                "state": found.state.value,
                "indexed": totals.indexed,
                "waiting": totals.waiting,
                "size": totals.size,
                "accounts": totals.account_count,
                "accounts_in_all": totals.accounts_in_all,
                "accounts_waiting": totals.accounts_waiting,
                "per_second": totals.per_second,
                "seconds_left": found.seconds_left,
            }
        )
        return
    click.echo(_STATES[found.state.value])
    click.echo(f"{totals.indexed:,} messages, accounts: {totals.account_count:,}, {output.size(totals.size)} on disk.")
    if not totals.waiting:
        return
    left = f", about {output.span(found.seconds_left)} left" if found.seconds_left is not None else ""
    click.echo(f"{totals.waiting:,} messages wait; {totals.per_second:g} a second{left}.")
    rows = [(one.address, one.index.waiting, one.index.indexed) for one in waiting]
    output.table("Accounts that wait", ("Account", "Waiting", "Indexed"), rows, "")


@index.command("rebuild")
@click.argument("account", required=False)
@click.option("--all", "everything", is_flag=True, help="Of all accounts.")
@data_option
def rebuild(account: str | None, everything: bool, data: Path) -> None:
    """Make the index of ACCOUNT, or of all, anew from the messages. The running server does it in the background; searches stay right."""
    from postroom.cli.opened import operator, run
    from postroom.model.address import parse_address

    if everything == bool(account):
        raise click.UsageError("which index? Name an account, or give --all")

    async def work(adapters: Adapters) -> None:
        from postroom.app.administration import build_indexing, build_people

        account_id = None
        if account:
            account_id = await build_people(adapters).accounts.at(operator(), parse_address(account))
        await build_indexing(adapters).rebuild(operator(), account_id)

    run(data, work)
    click.echo(f"The index of {account or 'all accounts'} is made anew; see: postroom index status")


@index.command("pause")
@data_option
def pause(data: Path) -> None:
    """Let the indexer rest; searches index what they need."""
    _pause(data, paused=True)
    click.echo("Indexing is paused.")


@index.command("resume")
@data_option
def resume(data: Path) -> None:
    """Let the indexer work again."""
    _pause(data, paused=False)
    click.echo("Indexing goes on.")


def _pause(data: Path, *, paused: bool) -> None:
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> None:
        from postroom.app.administration import build_indexing

        await build_indexing(adapters).pause(operator(), paused=paused)

    run(data, work)
