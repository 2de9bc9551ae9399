"""Numbered migrations, and the refusal of a database that a newer Postroom wrote.

`PRAGMA user_version` holds the number of the last migration applied. Each migration is one transaction: killed in the middle, it has not happened.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import apsw

from postroom.model.errors import TryLater

_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql\Z")


@cache
def migrations(kind: str) -> tuple[tuple[int, str], ...]:
    """(number, SQL) of every migration of `kind` ("account" or "server"), ascending."""
    found = []
    for entry in resources.files("postroom.store.schema").joinpath(kind).iterdir():
        match = _NAME.match(entry.name)
        if match:
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    return tuple(sorted(found))


def migrate(connection: apsw.Connection, kind: str) -> None:
    """Bring a database to this program's version. Raises TryLater where it is of a newer one."""
    steps = migrations(kind)
    version = user_version(connection)
    if version > steps[-1][0]:
        raise TryLater(
            "the data is of a newer version of Postroom",
            detail=f"{connection.filename}: schema {version}, this program knows up to {steps[-1][0]}; install the newer program",
        )
    if version == steps[-1][0]:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = user_version(connection)
        for number, sql in steps:
            if number > version:
                connection.execute(sql)
                connection.execute(f"PRAGMA user_version = {number:d}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def user_version(connection: apsw.Connection) -> int:
    """The number of the last migration applied, 0 for an empty file."""
    version = connection.pragma("user_version")
    assert isinstance(version, int)
    return version
