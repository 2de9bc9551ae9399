"""`postroom domain keys`, `rotate-keys` and `dns`: the keys that sign a domain's mail, and what it publishes in the DNS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import output
from postroom.cli.root import data_option, json_option
from postroom.model.account import DomainKey, KeyState
from postroom.model.address import normal_domain
from postroom.model.errors import Conflict, NotFound

if TYPE_CHECKING:
    from postroom.app import Adapters
    from postroom.model.database import Transaction


@click.command("keys")
@click.argument("name")
@data_option
@json_option
def list_keys(name: str, data: Path, as_json: bool) -> None:
    """List the DKIM keys of the domain NAME, and the TXT record to publish for each."""
    from postroom.cli.opened import run
    from postroom.msa.dns_records import WantedRecord, strings
    from postroom.msa.key_rotation import record_name

    normal = normal_domain(name)
    keys = run(data, lambda adapters: _keys(adapters, normal))
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
    from postroom.cli.opened import change, run
    from postroom.directory.domain_keys import activate_keys, add_keys
    from postroom.msa.key_rotation import new_pair

    normal = normal_domain(name)
    held = run(data, lambda adapters: _keys(adapters, normal))
    waiting = [key for key in held if key.state is KeyState.NEXT]
    if waiting and not at_once:
        raise Conflict(
            f"the next keys of {normal} wait for their records: publish those that `postroom domain keys {normal}` shows, or give --now"
        )
    now = _now()
    pair = waiting or new_pair(normal, KeyState.NEXT, now, [key.selector for key in held])

    def operation(transaction: Transaction) -> bool:
        made = bool(waiting) or add_keys(transaction, pair)
        return made and (not at_once or activate_keys(transaction, normal, now))

    if not change(data, "domain keys made active" if at_once else "next domain keys made", normal, operation):
        raise Conflict(f"the keys of {normal} were changed meanwhile; look at them: postroom domain keys {normal}")
    click.echo(
        f"{normal} signs with these keys now."
        if at_once
        else f"Publish these records; {normal} signs with the new keys once the DNS shows both."
    )
    _echo_records(pair)


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
    from postroom.cli.opened import run

    normal = normal_domain(name)
    rows = run(data, lambda adapters: _records(adapters, normal))
    if as_json:
        output.as_json(rows)
        return
    for row in rows:
        click.echo(f"{row['state']:>9}  {row['line']}" + (f"  ; {row['note']}" if row["note"] else ""))
        if row["state"] == "different":
            for text in row["found"]:
                click.echo(f"{'':>9}  there is: {text}")


async def _records(adapters: Adapters, domain: str) -> list[dict[str, Any]]:
    import asyncio

    from postroom.msa.dns_records import look_up, wanted_records
    from postroom.net.resolver import DnsResolver, system_servers
    from postroom.settings.network import dns_server

    keys = await _keys(adapters, domain)
    _, settings = adapters.settings.current()
    resolver = DnsResolver([dns_server(text) for text in settings.network.dns_servers] or system_servers())
    wanted = wanted_records(domain, settings.smtp.server_name, keys)
    answers = await asyncio.gather(*(look_up(record, resolver) for record in wanted))
    return [
        {
            "purpose": record.purpose,
            "name": record.name,
            "type": record.kind,
            "value": record.value,
            "note": record.note,
            "line": record.line(),
            "state": state.value,
            "found": found,
        }
        for record, (state, found) in zip(wanted, answers, strict=True)
    ]


async def _keys(adapters: Adapters, domain: str) -> list[DomainKey]:
    """Raises NotFound."""
    if not await adapters.directory.is_local_domain(domain):
        raise NotFound(f"there is no domain {domain}; `postroom domain list` shows them")
    return await adapters.domain_keys.keys(domain)


def _now() -> int:
    from postroom.app import SystemClock

    return SystemClock().now()
