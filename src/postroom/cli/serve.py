"""`postroom serve`: run the server until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli.root import data_option
from postroom.model.errors import MailError
from postroom.settings.security import CONSOLE

if TYPE_CHECKING:
    from postroom.app import DataFolder


@click.command()
@data_option
@click.option(
    "--port-offset", type=click.IntRange(0, 60000), default=0, help="Added to every port; 10000 runs without root."
)
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Worker processes.  [default: one per core]")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default=None, help="Default: text on a terminal, else JSON."
)
def serve(data: Path, port_offset: int, workers: int | None, log_format: str | None) -> None:
    """Run the server. SIGTERM ends it in order, SIGHUP reads certificates anew."""
    from postroom.cli.opened import data_folder

    folder = data_folder(data)
    start(folder.root, port_offset, workers, log_format, lambda listeners: _say(listeners, folder))


def _setup_token(folder: DataFolder) -> tuple[str, str] | None:
    """Server name and a new token for the first set-up, while it is not finished; with a database opened for just that."""
    from postroom.app import SystemClock
    from postroom.store.server.database import open_server_database
    from postroom.store.server.first_setup import DatabaseFirstSetup
    from postroom.store.server.settings_versions import SettingsVersions

    pool = ThreadPoolExecutor(1)
    try:
        database = open_server_database(folder.root, pool)
        try:
            clock = SystemClock()
            setup = DatabaseFirstSetup(database)
            if not setup.is_open:
                return None
            name = SettingsVersions(database, clock).current()[1].smtp.server_name
            return name, asyncio.run(setup.begin(clock.now()))
        finally:
            database.close()
    finally:
        pool.shutdown()


def start(data: Path, port_offset: int, workers: int | None, log_format: str | None, announce: Any) -> None:
    """Serve and exit with the server's status."""
    from postroom.app import DataFolder
    from postroom.app import serve as serve_folder
    from postroom.observe.logs import configure
    from postroom.observe.meter import Meter

    meter = Meter()
    configure(log_format or ("text" if sys.stderr.isatty() else "json"), meter=meter)
    count = workers or len(os.sched_getaffinity(0))
    size = (port_offset, count)
    sys.exit(serve_folder(DataFolder(data), meter, size=size, announce=announce))


def _say(listeners: list[dict[str, Any]], folder: DataFolder) -> None:
    with contextlib.suppress(OSError, MailError):  # a full disk takes no word, and mail all the same
        link = _setup_token(folder)
        _say_listening(listeners)
        if link is not None:
            _say_link(listeners, *link)


def _say_link(listeners: list[dict[str, Any]], name: str, token: str) -> None:
    ports = [item["port"] for item in listeners if item["door"] == CONSOLE and item["open"]]
    if not ports:
        click.echo("postroom: this server waits for its set-up, but the console's port is not open", err=True)
        return
    host = "localhost" if name == "localhost.localdomain" else name
    click.echo(
        f"\nSet this server up in a browser, within a day; the link is good until that is done:\n"
        f"\n  https://{host}:{ports[0]}/console/setup/{token}\n\n"
        "The certificate is self-signed for now, of which the browser warns.\n",
        err=True,
    )


def _say_listening(listeners: list[dict[str, Any]]) -> None:
    for item in listeners:
        if not item["open"]:
            click.echo(
                f"postroom: {item['door']} is not open: {item['address']} port {item['port']}: {item['error']}",
                err=True,
            )
    ports = ", ".join(dict.fromkeys(f"{item['door']} {item['port']}" for item in listeners if item["open"]))
    click.echo(f"Serving {ports}", err=True)
