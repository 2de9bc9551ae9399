"""`postroom setup`: a new server's folder, its domain, its administrator, its certificate."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from postroom.cli import output
from postroom.cli.root import data_option
from postroom.model.account import Role
from postroom.model.address import normal_domain, parse_address
from postroom.model.errors import Malformed

if TYPE_CHECKING:
    from postroom.admin.operator import Operator
    from postroom.app.administration import People


@click.command()
@data_option
@click.option("--hostname", help="This machine's full name, such as mail.example.test.")
@click.option("--domain", help="The mail domain, such as example.test.")
@click.option("--admin", help="The administrator's address, such as admin@example.test.")
@click.option("--password-stdin", is_flag=True, help="Read the administrator's password from standard input.")
@click.option("--in-browser", is_flag=True, help="Ask nothing here: the server prints a link when it starts.")
def setup(
    data: Path, hostname: str | None, domain: str | None, admin: str | None, password_stdin: bool, in_browser: bool
) -> None:
    """Make a new server. What is not given is asked for when there is a terminal, or in a browser."""
    if in_browser:
        if domain or admin or password_stdin:
            raise click.UsageError("--in-browser takes no domain, administrator or password: the browser asks for them")
        create_server(data, normal_domain(hostname or _own_name()), None)
        click.echo(f"Made {data}. The link for its set-up comes with its start:")
        _say_next(data)
        return
    check_free(data)
    hostname = normal_domain(hostname or _ask("hostname", "Name of this machine (mail.example.test)"))
    domain = normal_domain(domain or _ask("domain", "Mail domain (example.test)"))
    address = parse_address(admin or _ask("admin", f"Address of the administrator (admin@{domain})"))
    if address.domain != domain:
        raise Malformed(f"the administrator's address must be in {domain}")
    password = output.password(password_stdin, str(address))
    from postroom.directory import changes

    changes.credential(password)  # a refusal must come before anything is made
    create_server(data, hostname, domain)
    add_accounts(data, [(str(address), "Administrator", Role.ADMINISTRATOR, password)])
    click.echo(f"Made {data}: host {hostname}, domain {domain}, administrator {address}.")
    _say_next(data)


def _say_next(data: Path) -> None:
    click.echo(f"Next: postroom serve --data {shlex.quote(str(data))}")
    if os.geteuid() != 0:
        click.echo("      (ports below 1024 need root; --port-offset 10000 runs without)")


def _own_name() -> str:
    """What this machine calls itself, where that is a full name."""
    name = socket.getfqdn()
    return name if "." in name and not name[-1].isdigit() else "localhost.localdomain"


def check_free(data: Path) -> None:
    """Raises Conflict where there is a server in the folder, or something else."""
    from postroom.app import DataFolder
    from postroom.model.errors import Conflict

    if DataFolder(data).database.exists():
        raise Conflict(
            f"{data} already holds a Postroom server; run it: postroom serve --data {shlex.quote(str(data))}"
        )
    if data.exists() and any(data.iterdir()):
        raise Conflict(f"{data} is not empty; name a new folder")


def create_server(data: Path, hostname: str, domain: str | None) -> None:
    """The folder with an empty server in it; without a domain it waits for its first set-up in a browser. Raises Conflict where it is not free."""
    from postroom.admin.operator import Operator
    from postroom.app import DataFolder, build_adapters
    from postroom.app.administration import build_people
    from postroom.net.certificates import ensure_self_signed

    check_free(data)
    folder = DataFolder(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part in (folder.accounts, folder.staging, folder.queue, folder.certificates, folder.run):
        part.mkdir(mode=0o700)

    async def fill() -> None:
        adapters = build_adapters(folder, must_exist=False)
        try:
            await adapters.settings.change({"smtp.server_name": hostname}, "setup")
            if domain is None:
                await adapters.first_setup.begin(adapters.clock.now())
            else:
                await build_people(adapters).domains.add(Operator("setup"), domain)
            ensure_self_signed(folder.certificates, hostname, adapters.clock.now())
        finally:
            await adapters.close()

    asyncio.run(fill())


def add_accounts(data: Path, people_wanted: list[tuple[str, str, Role, str]]) -> None:
    """(address, display name, role, password) each."""
    from postroom.cli.people.opened import with_people
    from postroom.model.administration import NewAccount

    async def work(people: People, operator: Operator) -> None:
        for address, display_name, role, password in people_wanted:
            await people.accounts.add(operator, NewAccount(parse_address(address), password, display_name, role))

    with_people(data, work)


def _ask(option: str, question: str) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"give --{option}: there is no terminal to ask")
    answer: str = click.prompt(question)
    return answer
