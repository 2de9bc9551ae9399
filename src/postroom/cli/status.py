"""`postroom status`: is it running, where does it listen, who is connected, what waits."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from postroom.cli import output
from postroom.cli.root import data_option, json_option

if TYPE_CHECKING:
    from postroom.app import Adapters


@click.command()
@data_option
@json_option
def status(data: Path, as_json: bool) -> None:
    """Listeners, workers, sessions, queue. Exit status 3 when the server is not running."""
    from postroom.app import is_running
    from postroom.cli.opened import data_folder, run
    from postroom.model.operation.health import STATUS_NAME

    folder = data_folder(data)
    running = is_running(folder)
    path = folder.run / STATUS_NAME
    state: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if running and path.exists() else {}
    sessions, waiting, default = run(data, _look)
    report = {
        "running": running,
        **state,
        **_certificates(folder.certificates, default),
        "sessions": sessions if running else [],
        "queue": waiting,
    }
    if as_json:
        output.as_json(report)
    else:
        _show(report)
    sys.exit(0 if running else 3)


async def _look(adapters: Adapters) -> tuple[list[dict[str, Any]], int, str]:
    sessions = [msgspec.to_builtins(entry, enc_hook=str) for entry in adapters.sessions.entries()]
    return sessions, await adapters.queue.count(), adapters.settings.current()[1].certificates.default


def _certificates(folder: Path, default: str) -> dict[str, Any]:
    """Of each, until when it is valid, in POSIX seconds, and what is wrong with it; empty before the first start."""
    from postroom.net.certificates import CertificateFolder

    now = int(time.time())
    found = {
        one.name: {
            "valid_until": one.facts.not_after if one.facts else None,
            "alarm": "; ".join(one.facts.problems) if one.facts else f"can't be read: {one.fault}",
        }
        for one in CertificateFolder(folder).kept(now)
    }
    return {"certificate": found.get(default, {}), "certificates": found}


def _show(report: dict[str, Any]) -> None:
    if not report["running"]:
        click.echo("The server is not running.")
        click.echo(f"Messages waiting for other hosts: {report['queue']}")
        return
    workers = ", ".join(str(worker["pid"]) for worker in report.get("workers", ()))
    click.echo(f"Running: supervisor {report.get('pid')}, workers {workers}")
    listeners = [
        (item["door"], item["address"], item["port"], "open" if item["open"] else item["error"])
        for item in report.get("listeners", ())
    ]
    for name, certificate in report["certificates"].items():
        until = output.moment(certificate["valid_until"]) if certificate["valid_until"] is not None else "unknown"
        alarm = f" ({certificate['alarm']})" if certificate["alarm"] else ""
        click.echo(f"Certificate {name}: valid until {until}{alarm}")
    output.table("Listeners", ("Door", "Address", "Port", "State"), listeners, "No listener.")
    sessions = [
        (item["account"], item["protocol"], item["address"], output.moment(item["since"]), item["tls"], item["client"])
        for item in report["sessions"]
    ]
    columns = ("Account", "Protocol", "Address", "Since", "TLS", "Client")
    output.table(f"Sessions ({len(sessions)})", columns, sessions, "Nobody is logged in.", free=2)
    click.echo(f"Messages waiting for other hosts: {report['queue']}")
