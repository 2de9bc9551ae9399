"""`postroom doctor`: is everything that is stored whole and consistent? Runs beside a serving server, or without one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option, json_option

if TYPE_CHECKING:
    from postroom.app import Adapters
    from postroom.store.checks.consistency import Finding


@click.command()
@data_option
@json_option
@click.option("--deep", is_flag=True, help="Compare every message with its SHA-256 as well.")
@click.option("--repair", is_flag=True, help="Put right what can be put right safely.")
def doctor(data: Path, as_json: bool, deep: bool, repair: bool) -> None:
    """Check that everything stored is whole and consistent. Exit status 4 when something is wrong.

    Files that a crash left behind and that no message names are told of, and are no fault: --repair deletes them.
    """
    from postroom.cli.opened import run

    async def work(adapters: Adapters) -> tuple[list[Finding], str]:
        found: list[Finding] = []
        show = sys.stderr.isatty() and not as_json
        async for name, some in _examined(adapters, deep=deep, repair=repair):
            found += some
            if show:
                click.echo(f"\r{name:<60.60}", nl=False, err=True)
        if show:
            click.echo("\r" + " " * 60 + "\r", nl=False, err=True)
        return found, _dane(adapters)

    findings, dane = run(data, work)
    wrong = [finding for finding in findings if not _is_leftover(finding)]
    if as_json:
        output.as_json([_plain(finding) for finding in findings])
    else:
        rows = [(finding.account or "server", finding.repairable, finding.what, finding.detail) for finding in findings]
        if rows:
            output.table("Findings", ("Account", "Repairable", "What", "Detail"), rows, "", free=2)
        click.echo(
            f"{len(wrong)} {'fault' if len(wrong) == 1 else 'faults'}."
            if wrong
            else "Everything that is stored is whole and consistent."
        )
        if dane:
            click.echo(dane)
    sys.exit(4 if wrong else 0)


async def _examined(adapters: Adapters, *, deep: bool, repair: bool) -> AsyncIterator[tuple[str, list[Finding]]]:
    """The server, then each account; with `repair`, what is still wrong afterwards."""
    from postroom.app import is_running
    from postroom.directory import changes
    from postroom.store.checks.consistency import check_account, check_server
    from postroom.store.checks.repairs import SETTLING, repair_account, repair_server

    yield "certificates", _certificates(adapters)
    yield "domain keys", await _domain_keys(adapters)
    settling = SETTLING if is_running(adapters.data) else 0.0
    files = adapters.store.files
    server = (adapters.database, files, adapters.data.queue)
    if repair:
        await repair_server(*server, adapters.pool, settling=settling)
        yield "server", await check_server(*server, deep=deep, settling=settling)
    else:
        yield "server", await check_server(*server, deep=deep, settling=settling)
    for account in changes.accounts(adapters.database.read):
        name = f"account {account.address}"
        if repair:
            await repair_account(files, adapters.pool, account.account_id, settling=settling)
        yield name, await check_account(files, account.account_id, deep=deep, settling=settling)


def _certificates(adapters: Adapters) -> list[Finding]:
    """What programs of people will refuse is a fault; that it will be soon is told by `postroom status` and the log."""
    from postroom.net.certificates import CertificateFolder
    from postroom.store.checks.consistency import Finding

    folder = adapters.data.certificates
    if not folder.exists():  # never served yet: the first start makes one
        return []
    now = adapters.clock.now()
    kept = CertificateFolder(folder).kept(now)
    found = [Finding(None, f"the certificate {one.name} can't be read", one.fault) for one in kept if one.facts is None]
    for one in kept:
        if one.facts is not None and one.facts.not_after <= now:
            until = output.moment(one.facts.not_after)
            found.append(Finding(None, f"the certificate {one.name} has expired", f"valid until {until}"))
    default = adapters.settings.current()[1].certificates.default
    if default not in {one.name for one in kept}:
        found.append(Finding(None, f"the certificate {default} is not there", "it is the default one"))
    return found


def _dane(adapters: Adapters) -> str:
    """Whether the certificates that other domains promise by DANE can be believed; empty where they are not asked for."""
    from postroom.net.resolver import system_servers
    from postroom.net.validation import is_loopback, validates
    from postroom.settings.network import dns_server

    _, settings = adapters.settings.current()
    if not settings.relay.dane:
        return ""
    chosen = [dns_server(text) for text in settings.network.dns_servers] or system_servers()
    near = [server for server in chosen if is_loopback(server)]
    if not near:
        return (
            "DANE is not used: no DNS server on this machine. Run a validating one, and name it in network.dns_servers."
        )
    answer = validates(near[0])
    if answer is None:
        return f"DANE: can't be told, the DNS server {near[0][0]} port {near[0][1]} gives no answer."
    if not answer:
        return f"DANE is not used: the DNS server {near[0][0]} port {near[0][1]} does not validate (DNSSEC)."
    return "DANE is used: the DNS server on this machine validates."


async def _domain_keys(adapters: Adapters) -> list[Finding]:
    """Without both keys a domain's mail leaves unsigned. A domain that has none at all waits for the next start, which makes them."""
    from postroom.mailauth.dkim.keys import from_pem
    from postroom.model.errors import Malformed
    from postroom.store.checks.consistency import Finding

    found: list[Finding] = []
    for domain in await adapters.directory.local_domains():
        active = await adapters.domain_keys.active(domain)
        if not await adapters.domain_keys.keys(domain):
            continue
        if sorted(key.kind for key in active) != ["ed25519", "rsa"]:
            kinds = ", ".join(key.kind for key in active) or "none"
            found.append(Finding(None, f"the domain {domain} has no whole pair of active keys", kinds))
        for key in active:
            try:
                loaded = from_pem(domain, key.selector, key.private_key or b"")
            except Malformed as error:
                found.append(Finding(None, f"the key {key.selector} of {domain} can't be read", error.public))
                continue
            if loaded.record_text != key.record:
                found.append(
                    Finding(None, f"the key {key.selector} of {domain} does not fit its record", key.record[:40])
                )
    return found


def _is_leftover(finding: Finding) -> bool:
    from postroom.store.checks.consistency import UNNAMED_FILE

    return finding.what == UNNAMED_FILE


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "account": finding.account,
        "what": finding.what,
        "detail": finding.detail,
        "repairable": finding.repairable,
        "fault": not _is_leftover(finding),
    }
