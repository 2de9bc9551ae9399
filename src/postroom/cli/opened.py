"""Opening a server's data for one command: the same store that a running server uses, and a word to it when settings or accounts changed."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from postroom.admin.operator import Operator
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.notify.local import SETTINGS

T = TypeVar("T")


def data_folder(path: Path) -> DataFolder:
    """An existing server's folder. Raises UsageError where there is none."""
    folder = DataFolder(path)
    if not folder.database.exists():
        raise click.UsageError(f"{path} holds no Postroom server; make one with: postroom setup --data {path} ...")
    return folder


def run(path: Path, work: Callable[[Adapters], Awaitable[T]], *, announce: bool = False) -> T:
    """Open, do, close; with `announce` a running server is told to look at its settings."""
    folder = data_folder(path)

    async def opened() -> T:
        adapters = build_adapters(folder)
        try:
            result = await work(adapters)
            if announce:
                adapters.bus.send(SETTINGS)
            return result
        finally:
            await adapters.close()

    return asyncio.run(opened())


def who() -> str:
    """Who changes something from a command line, for history and audit."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


def operator() -> Operator:
    """The machine's own administrator: whoever can open the data may do everything."""
    return Operator(who())
