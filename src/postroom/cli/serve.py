"""`postroom serve`: run the server until SIGTERM."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from postroom.cli.root import data_option


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
    start(folder.root, port_offset, workers, log_format, _say)


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


def _say(listeners: list[dict[str, Any]]) -> None:
    with contextlib.suppress(OSError):  # a full disk takes no word, and mail all the same
        _say_listening(listeners)


def _say_listening(listeners: list[dict[str, Any]]) -> None:
    for item in listeners:
        if not item["open"]:
            click.echo(
                f"postroom: {item['door']} is not open: {item['address']} port {item['port']}: {item['error']}",
                err=True,
            )
    ports = ", ".join(dict.fromkeys(f"{item['door']} {item['port']}" for item in listeners if item["open"]))
    click.echo(f"Serving {ports}", err=True)
