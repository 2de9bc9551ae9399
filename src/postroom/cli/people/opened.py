"""The administrator's services of accounts and domains, opened for one command: whoever may run it on this machine may do all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from postroom.admin.operator import Operator
from postroom.app import Adapters
from postroom.app.administration import People, build_people
from postroom.cli.opened import run, who
from postroom.model.administration import MAX_LISTED, Listed, Selection

T = TypeVar("T")
ListPage = Callable[[Selection], Awaitable[Listed[T]]]


def with_people(path: Path, work: Callable[[People, Operator], Awaitable[T]]) -> T:
    """Open, do, close; a running server is told of changes."""

    async def opened(adapters: Adapters) -> T:
        return await work(build_people(adapters), Operator(who()))

    return run(path, opened)


def selection(search: str, sort: str, offset: int) -> Selection:
    return Selection(search, sort.removeprefix("-"), sort.startswith("-"), offset, MAX_LISTED)


async def all_pages(page: ListPage[T], chosen: Selection, limit: int | None) -> list[T]:
    """Page by page, until the limit or the end."""
    found: list[T] = []
    while limit is None or len(found) < limit:
        most = MAX_LISTED if limit is None else min(MAX_LISTED, limit - len(found))
        part = await page(replace(chosen, offset=chosen.offset + len(found), limit=most))
        found += part.items
        if not part.items or chosen.offset + len(found) >= part.total:
            break
    return found
