"""`postroom backup` and `postroom restore`: a whole server in one archive, and a folder made from it."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option

if TYPE_CHECKING:
    from postroom.app import Adapters
    from postroom.model.operation.backup import BackupFacts


@click.group()
@group_data_option
def backup() -> None:
    """Make, list, remove backups."""


@backup.command("make")
@data_option
def make(data: Path) -> None:
    """Write everything of the server into one archive, while it runs."""
    from postroom.app.operating import backups
    from postroom.cli.opened import operator, run

    def progress(done: int, total: int, text: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {total} accounts", nl=done == total, err=True)

    async def work(adapters: Adapters) -> dict[str, Any]:
        return await backups(adapters).make(operator(), progress)

    made = run(data, work)
    click.echo(f"Made {data / 'backups' / made['name']}.tar, {output.size(made['size'])}.")


@backup.command("list")
@data_option
@json_option
def list_backups(data: Path, as_json: bool) -> None:
    """List the backups."""
    from postroom.app.operating import backups
    from postroom.cli.opened import operator, run

    async def work(adapters: Adapters) -> list[BackupFacts]:
        return await backups(adapters).backups(operator())

    found = run(data, work)
    if as_json:
        output.as_json(found)
        return
    rows = [(one.name, output.moment(one.made_at), output.size(one.size)) for one in found]
    output.table(f"Backups ({len(rows)})", ("Name", "Made", "Size"), rows, "There are no backups.")


@backup.command("remove")
@click.argument("name")
@data_option
def remove(name: str, data: Path) -> None:
    """Remove the backup NAME."""
    from postroom.app.operating import backups
    from postroom.cli.opened import operator, run

    run(data, lambda adapters: backups(adapters).remove(operator(), name))
    click.echo(f"Removed {name}.")


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_option
def restore(archive: Path, data: Path) -> None:
    """Make a server's folder from ARCHIVE. What waited in its queue is held, since it may have been sent since."""
    from postroom.store.backup.restore import restore as restore_archive

    def progress(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{name:<78.78}", nl=False, err=True)

    count = restore_archive(archive, data, int(time.time()), progress)
    if sys.stderr.isatty():
        click.echo("\r" + " " * 78 + "\r", nl=False, err=True)
    quoted = shlex.quote(str(data))
    click.echo(f"Restored {count} accounts to {data}. Look at it: postroom doctor --data {quoted}")
    click.echo(f"The queue is held: postroom queue list --data {quoted}, then postroom queue release or delete")
