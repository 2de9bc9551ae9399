"""`postroom certificate`: the certificates of the server; adding, removing, ordering them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.model.security.acme import ChallengeKind

if TYPE_CHECKING:
    from postroom.admin.security.certificates import Certificate
    from postroom.app import Adapters
    from postroom.model.security.acme import AcmeOrder
    from postroom.model.security.certificate import CertificateFacts

_MOST_OCTETS = 64 * 1024 + 1  # one more than is allowed, so that too much is told and not read
_CHALLENGES = click.Choice([kind.value for kind in ChallengeKind])


@click.group()
@group_data_option
def certificate() -> None:
    """List, show, check, add, remove, order certificates."""


@certificate.command("list")
@data_option
@json_option
def list_certificates(data: Path, as_json: bool) -> None:
    """List the certificates, and what is wrong with them."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> list[Certificate]:
        from postroom.app.operating import certificate_admin

        return await certificate_admin(adapters).certificates(operator())

    found = run(data, work)
    if as_json:
        output.as_json([_plain(one) for one in found])
        return
    rows = [
        (
            one.name,
            one.is_default,
            one.source.value,
            output.moment(one.facts.not_after) if one.facts else None,
            ", ".join(one.facts.names if one.facts else one.order.names if one.order else ()),
            "; ".join(one.problems),
        )
        for one in found
    ]
    columns = ("Certificate", "Default", "Source", "Valid until", "Names", "Problems")
    output.table(f"Certificates ({len(rows)})", columns, rows, "There are no certificates.", free=2)


@certificate.command("show")
@click.argument("name")
@click.option("--pem", is_flag=True, help="The certificate itself, without its key, to give to mail programs.")
@data_option
@json_option
def show(name: str, pem: bool, data: Path, as_json: bool) -> None:
    """Show all of the certificate NAME."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> tuple[Certificate, str]:
        from postroom.app.operating import certificate_admin

        found = await certificate_admin(adapters).certificate(operator(), name)
        return found, adapters.certificates.chain(name).decode() if pem else ""

    one, text = run(data, work)
    if pem:
        click.echo(text, nl=False)
        return
    found = _plain(one)
    if as_json:
        output.as_json(found)
        return
    for field, value in found.items():
        if field in ("not_before", "not_after", "renew_at") and value is not None:
            value = output.moment(value)
        text = "; ".join(value) if isinstance(value, list) else {True: "yes", False: "no", None: ""}.get(value, value)
        click.echo(f"{field.replace('_', ' ').capitalize()}: {text}")


@certificate.command("check")
@click.argument("chain", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("key", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_option
def check(chain: Path, key: Path, data: Path) -> None:
    """Say whether the files CHAIN and KEY (PEM) could be added, and change nothing."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> CertificateFacts:
        from postroom.app.operating import certificate_admin

        return await certificate_admin(adapters).check(operator(), _read(chain), _read(key))

    facts = run(data, work)
    click.echo(f"Can be added: {', '.join(facts.names)}; valid until {output.moment(facts.not_after)}.")
    _warn(facts.problems)


@certificate.command("add")
@click.argument("chain", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("key", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--name", default=None, help="What it is called here; replaces the one of this name.  [default: its first host]"
)
@click.option("--default", "is_default", is_flag=True, help="Show it to clients that ask for no name, too.")
@data_option
def add(chain: Path, key: Path, name: str | None, is_default: bool, data: Path) -> None:
    """Keep the certificate of the files CHAIN and KEY (PEM). It is in force at once; connections that are open stay."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> Certificate:
        from postroom.app.operating import certificate_admin

        admin = certificate_admin(adapters)
        added = await admin.add(operator(), name, _read(chain), _read(key))
        if is_default:
            await admin.make_default(operator(), added.name)
        return await admin.certificate(operator(), added.name)

    found = run(data, work)
    click.echo(f"Added {found.name}.")
    _warn(found.problems)


@certificate.command("remove")
@click.argument("name")
@data_option
def remove(name: str, data: Path) -> None:
    """Remove the certificate NAME, and order it no more."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> None:
        from postroom.app.operating import certificate_admin

        await certificate_admin(adapters).remove(operator(), name)

    run(data, work)
    click.echo(f"Removed {name}.")


@certificate.command("default")
@click.argument("name")
@data_option
def make_default(name: str, data: Path) -> None:
    """Show the certificate NAME to clients that ask for no name, or for one that no certificate has."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> None:
        from postroom.app.operating import certificate_admin

        await certificate_admin(adapters).make_default(operator(), name)

    run(data, work)
    click.echo(f"{name} is the default certificate.")


@certificate.command("order")
@click.argument("names", nargs=-1, required=True)
@click.option("--challenge", type=_CHALLENGES, default="http-01", show_default=True, help="How the names are proved.")
@click.option("--agree", is_flag=True, help="The authority's terms of service are agreed to.")
@click.option("--name", default=None, help="What it is called here.  [default: the first of NAMES]")
@click.option("--directory", default=None, help="The authority.  [default: certificates.acme_directory]")
@click.option("--email", default=None, help="Who the authority may write to.  [default: certificates.acme_email]")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is there, or has failed.")
@data_option
def order(  # noqa: PLR0913 - one for each option
    names: tuple[str, ...],
    challenge: str,
    agree: bool,
    name: str | None,
    directory: str | None,
    email: str | None,
    wait: bool,
    data: Path,
) -> None:
    """Order a certificate for NAMES (ACME), and renew it from then on. The server must be running."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> AcmeOrder:
        from postroom.admin.security.certificates import Wish
        from postroom.app.operating import certificate_admin

        wish = Wish(names, ChallengeKind(challenge), directory, email, agree, name)
        admin = certificate_admin(adapters)
        ordered = await admin.place(operator(), admin.wanted(operator(), wish))
        return await _result(adapters, ordered) if wait else ordered

    _say(data, run(data, work), wait=wait)


@certificate.command("renew")
@click.argument("name")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is there, or has failed.")
@data_option
def renew(name: str, wait: bool, data: Path) -> None:
    """Order the certificate NAME anew now, not at its time. The server must be running."""
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> AcmeOrder:
        from postroom.app.operating import certificate_admin

        ordered = await certificate_admin(adapters).renew(operator(), name)
        return await _result(adapters, ordered) if wait else ordered

    _say(data, run(data, work), wait=wait)


async def _result(adapters: Adapters, ordered: AcmeOrder) -> AcmeOrder:
    """What came of it; the order itself where no server runs to carry it out."""
    from postroom.app import is_running
    from postroom.app.operating import certificate_admin

    return await certificate_admin(adapters).outcome(ordered) if is_running(adapters.data) else ordered


def _say(data: Path, order: AcmeOrder, *, wait: bool) -> None:
    from postroom.app import DataFolder, is_running

    if order.fault:
        click.echo(
            f"postroom: {order.certificate}: {order.fault}. Tried again {output.moment(order.next_try_at)}.", err=True
        )
        sys.exit(1)
    if wait and order.renew_at is not None and order.next_try_at == order.renew_at:
        click.echo(f"{order.certificate} is in force; renewed {output.moment(order.renew_at)}.")
    elif is_running(DataFolder(data)):
        click.echo(f"{order.certificate} is ordered; see: postroom certificate show {order.certificate}")
    else:
        click.echo(f"{order.certificate} is ordered when the server is started.")


def _warn(problems: tuple[str, ...]) -> None:
    for problem in problems:
        click.echo(f"Note: {problem}.")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_OCTETS)


def _plain(one: Certificate) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(one.facts) if one.facts else {}
    facts.pop("problems", None)
    return {
        "name": one.name,
        "source": one.source.value,
        "is_default": one.is_default,
        **facts,
        "problems": list(one.problems),
        "renew_at": one.order.renew_at if one.order else None,
    }
