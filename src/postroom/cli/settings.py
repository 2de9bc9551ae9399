"""`postroom settings`: every setting by its path, live on a running server; history and undo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import output
from postroom.cli.root import data_option, group_data_option, json_option
from postroom.settings.document import shown

if TYPE_CHECKING:
    from postroom.app import Adapters
    from postroom.settings.document import Settings
    from postroom.store.server.settings_versions import SettingsVersion


@click.group()
@group_data_option
def settings() -> None:
    """Read, change, undo settings."""


@settings.command("get")
@click.argument("path", required=False)
@data_option
@json_option
def get(path: str | None, data: Path, as_json: bool) -> None:
    """Show the setting or page PATH (such as imap_pop3.imaps.port), or all."""
    from postroom.cli.opened import run
    from postroom.settings import document

    current = run(data, _current)
    if path is not None:
        value = document.get(current, path)
        if as_json or not isinstance(value, dict):
            click.echo(json.dumps(value, ensure_ascii=False) if as_json or not isinstance(value, str) else value)
            return
    elif as_json:
        output.as_json(document.tree(current))
        return
    rows = [
        (name, shown(value), title)
        for name, value, title, _ in document.paths(current)
        if path is None or name.startswith(path + ".")
    ]
    output.table("Settings", ("Setting", "Value", "Meaning"), rows, "There are no settings.", free=2)


@settings.command("set")
@click.argument("path")
@click.argument("value")
@data_option
def set_setting(path: str, value: str, data: Path) -> None:
    """Set PATH to VALUE (text, number, on or off, or JSON)."""
    from postroom.cli.opened import run, who
    from postroom.settings import document

    async def work(adapters: Adapters) -> list[tuple[str, Any, Any]]:
        return await adapters.settings.change({path: document.value_from_text(value)}, who())

    _say(run(data, work, announce=True), "Nothing changed: that is its value already.")


@settings.command("undo")
@data_option
def undo(data: Path) -> None:
    """Take back the newest change."""
    from postroom.cli.opened import run, who

    async def work(adapters: Adapters) -> list[tuple[str, Any, Any]]:
        return await adapters.settings.undo(who())

    _say(run(data, work, announce=True), "Nothing changed.")


@settings.command("history")
@data_option
@json_option
def history(data: Path, as_json: bool) -> None:
    """Who changed what, newest first."""
    from postroom.cli.opened import run

    found = run(data, _history)
    if as_json:
        output.as_json(found)
        return
    rows = [(item.version, output.moment(item.changed_at), item.changed_by, item.summary) for item in found]
    output.table("Changes of settings", ("Version", "When", "Who", "What"), rows, "No setting has been changed yet.")


async def _current(adapters: Adapters) -> Settings:
    return adapters.settings.current()[1]


async def _history(adapters: Adapters) -> list[SettingsVersion]:
    return adapters.settings.history()


def _say(differences: list[tuple[str, Any, Any]], nothing: str) -> None:
    for path, old, new in differences:
        click.echo(f"{path}: {shown(old)} → {shown(new)}")
    if not differences:
        click.echo(nothing)
