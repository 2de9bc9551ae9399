"""`postroom domain keys`, `rotate-keys` and `dns`: the keys that sign a domain's mail, and what it publishes in the DNS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option, json_option
from postroom.model.account import DomainKey
from postroom.model.address import normal_domain

if TYPE_CHECKING:
    from postroom.admin.people.domain_dns import SeenRecord
    from postroom.app import Adapters


@click.command("keys")
@click.argument("name")
@data_option
@json_option
def list_keys(name: str, data: Path, as_json: bool) -> None:
    """List the DKIM keys of the domain NAME, and the TXT record to publish for each."""
    from postroom.cli.people.opened import with_people
    from postroom.msa.dns_records import WantedRecord, strings
    from postroom.msa.key_rotation import record_name

    normal = normal_domain(name)
    keys = with_people(data, lambda people, operator: people.domains.keys(operator, normal))
    if as_json:
        output.as_json(
            [
                {
                    "selector": key.selector,
                    "algorithm": f"{key.kind}-sha256",
                    "state": key.state.value,
                    "created_at": key.created_at,
                    "active_at": key.active_at,
                    "retired_at": key.retired_at,
                    "name": record_name(key),
                    "record": key.record,
                    "strings": strings(key.record),
                }
                for key in keys
            ]
        )
        return
    rows = [(key.selector, f"{key.kind}-sha256", key.state.value, *_moments(key)) for key in keys]
    columns = ("Selector", "Algorithm", "State", "Made", "Active since", "Retired")
    output.table(f"DKIM keys of {normal}", columns, rows, "There are no keys; the server makes them when it runs.")
    for key in keys:
        click.echo(WantedRecord("DKIM", record_name(key), "TXT", key.record).line())


def _moments(key: DomainKey) -> list[str | None]:
    return [None if at is None else output.moment(at) for at in (key.created_at, key.active_at, key.retired_at)]


@click.command("rotate-keys")
@click.argument("name")
@data_option
@click.option("--now", "at_once", is_flag=True, help="Sign with the next pair at once, published or not.")
def rotate_keys(name: str, data: Path, at_once: bool) -> None:
    """Make the next pair of DKIM keys of the domain NAME.

    A running server signs with it from the moment the DNS shows both its records; the records before it stay published for another week.
    """
    from postroom.cli.people.opened import with_people

    normal = normal_domain(name)
    rotation = with_people(data, lambda people, operator: people.domains.rotate_keys(operator, normal, at_once=at_once))
    click.echo(
        f"{normal} signs with these keys now."
        if at_once
        else f"Publish these records; {normal} signs with the new keys once the DNS shows both."
    )
    _echo_records(rotation.pair)


def _echo_records(pair: list[DomainKey]) -> None:
    from postroom.msa.dns_records import WantedRecord
    from postroom.msa.key_rotation import record_name

    for key in pair:
        click.echo(WantedRecord("DKIM", record_name(key), "TXT", key.record).line())


@click.command("dns")
@click.argument("name")
@data_option
@json_option
def show_dns(name: str, data: Path, as_json: bool) -> None:
    """Show every record to publish for the domain NAME, and whether the DNS shows it."""
    from postroom.admin.people.domain_dns import DnsState
    from postroom.cli.opened import run

    normal = normal_domain(name)
    seen = run(data, lambda adapters: _seen(adapters, normal))
    if as_json:
        output.as_json(
            [
                {
                    "purpose": one.record.purpose,
                    "name": one.record.name,
                    "type": one.record.kind,
                    "value": one.record.value,
                    "note": one.record.note,
                    "needed": one.record.needed,
                    "line": one.record.line(),
                    "state": one.state.value,
                    "found": one.found,
                }
                for one in seen
            ]
        )
        return
    for one in seen:
        words = [*(["not needed"] if not one.record.needed else []), *([one.record.note] if one.record.note else [])]
        click.echo(f"{one.state.value:>9}  {one.record.line()}" + (f"  ; {': '.join(words)}" if words else ""))
        if one.state is DnsState.DIFFERENT:
            for text in one.found:
                click.echo(f"{'':>9}  there is: {text}")


async def _seen(adapters: Adapters, domain: str) -> list[SeenRecord]:
    from postroom.admin.operator import Operator
    from postroom.app.administration import build_domain_dns, build_people
    from postroom.cli.opened import who

    return await build_domain_dns(adapters, build_people(adapters)).look(Operator(who()), domain)
