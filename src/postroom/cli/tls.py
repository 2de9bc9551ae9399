"""`postroom tls`: the TLS profiles, which listener has which, and whom others would shut out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.settings.security import TlsProfile

if TYPE_CHECKING:
    from postroom.admin.security.tls import TlsOverview
    from postroom.app import Adapters
    from postroom.model.security.tls import SeenLogin

_PROFILE = click.Choice([profile.value for profile in TlsProfile])


@click.group()
@group_data_option
def tls() -> None:
    """Profiles of TLS, and who would be refused by one."""


@tls.command("profiles")
@data_option
@json_option
def profiles(data: Path, as_json: bool) -> None:
    """Show the profiles, and the one of each listener. It is set by: postroom settings set security.tls_profile NAME"""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> TlsOverview:
        from postroom.app.operating import tls_admin

        return tls_admin(adapters).overview(operator())

    found = run(data, work)
    if as_json:
        output.as_json(msgspec.to_builtins(found))
        return
    rows = [(one.title, ", ".join(one.versions), len(one.ciphers), ", ".join(one.missing)) for one in found.profiles]
    output.table(found.guidelines, ("Profile", "Versions", "Ciphers", "Not in this OpenSSL"), rows, "")
    for one in found.profiles:
        if one.warning:
            click.echo(f"{one.title}: {one.warning}")
    listeners = [
        (one.name, one.profile.value, one.override.value if one.override else None, one.effective.value)
        for one in found.listeners
    ]
    output.table("Listeners", ("Listener", "Profile", "Override", "In force"), listeners, "")


@tls.command("refused")
@click.option("--profile", type=_PROFILE, default=None, help="Of the whole server.  [default: as it is set]")
@click.option(
    "--override", "overrides", multiple=True, metavar="LISTENER=PROFILE", help="Of one listener; may be repeated."
)
@data_option
@json_option
def refused(profile: str | None, overrides: tuple[str, ...], data: Path, as_json: bool) -> None:
    """List the logins of the last 30 days that a profile would shut out."""
    from postroom.cli.opened import operator, run

    chosen = dict(_override(text) for text in overrides)

    async def work(adapters: Adapters) -> list[SeenLogin]:
        from postroom.app.operating import tls_admin

        wanted = TlsProfile(profile) if profile else None
        return await tls_admin(adapters).refused(operator(), wanted, chosen or None)

    found = run(data, work)
    if as_json:
        output.as_json(
            [
                {**msgspec.to_builtins(one.login), "account": one.account, "count": one.count, "last_at": one.last_at}
                for one in found
            ]
        )
        return
    rows = [
        (
            one.account,
            one.login.protocol,
            one.login.listener,
            one.login.version,
            one.login.cipher,
            output.moment(one.last_at),
            one.login.client,
        )
        for one in found
    ]
    accounts = len({one.account for one in found})
    columns = ("Account", "Protocol", "Listener", "TLS", "Cipher", "Last", "Client")
    output.table(
        f"Would refuse {accounts} {'account' if accounts == 1 else 'accounts'}",
        columns,
        rows,
        "Nobody who logged in within 30 days would be refused.",
    )


def _override(text: str) -> tuple[str, TlsProfile]:
    """Raises UsageError."""
    from postroom.settings.document import TLS_LISTENERS

    listener, _, profile = text.partition("=")
    if listener not in TLS_LISTENERS:
        raise click.UsageError(f"there is no listener {listener[:40]}; there are {', '.join(TLS_LISTENERS)}")
    try:
        return listener, TlsProfile(profile)
    except ValueError:
        raise click.UsageError(f"{text[:80]}: LISTENER=modern, intermediate or old is wanted") from None
