"""Large contents of an account: files below its folder, linked from staging, named in the row only once they are durable.

Order on the way in: file synced (staging) → link → directory synced → row committed; on the way out: row gone, committed → unlink. A crash between leaves
a file that no row names, never a row without its file; `postroom doctor` lists such files and `--repair` deletes them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from postroom.model.errors import Meaning, TryLater

FOLDER = "content"


def adopt(staged: str, account_folder: Path) -> str:
    """Link a staged file into the account's folder, durably; returns its path relative to that folder. Blocking."""
    name = secrets.token_hex(16)
    folder = account_folder / FOLDER / name[:2]
    folder.mkdir(parents=True, exist_ok=True)
    os.link(staged, folder / name)
    # those above too, even where they were there: whoever made them a moment ago may not have come to syncing them
    for made in (folder, folder.parent, account_folder):
        sync_folder(made)
    return f"{FOLDER}/{name[:2]}/{name}"


def remove(account_folder: Path, paths: list[str]) -> None:
    """Delete files whose rows are gone; one that can't be deleted is left for the doctor. Blocking."""
    for path in paths:
        with contextlib.suppress(OSError):
            (account_folder / path).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_range(path: Path, start: int, end: int) -> bytes:
    """Octets of one file. Blocking. Raises TryLater where it is cut short, OSError where it can't be read."""
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(end - start)
    if len(data) != end - start:
        raise TryLater(
            "this message can't be read at the moment", meaning=Meaning.UNAVAILABLE, detail=f"{path} is cut short"
        )
    return data
