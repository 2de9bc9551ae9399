"""Writing an archive (tar, POSIX.1-2001) of a server that runs.

Each database is copied in one read transaction, with the large contents that its rows name: they are linked aside before and after, and where one was deleted in
between, the copy is made again. The server's own database goes first: what was in the queue then and is in a mailbox by the time its account is copied is
known there by the name of its delivery, and comes no second time. An archive without its manifest, which is written last, is none.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from postroom.model.errors import Meaning, NotFound, TryLater
from postroom.model.operation.backup import BackupFacts
from postroom.store.engines.migrations import user_version
from postroom.store.engines.sqlite import connect, translated
from postroom.store.files.large_content import sync_folder

MANIFEST = "manifest.json"
FORMAT = 1
SUFFIX = ".tar"
_PART = ".part"
_TRIES = 5  # copies of one database whose files keep going away
_SPARE = 0.02  # of the disk, that a backup leaves free
_CONTENT = "SELECT path FROM content WHERE path IS NOT NULL"
_QUEUED = "SELECT path FROM queue_message WHERE path IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a server lie; `marker` is the file that says that accounts were made."""

    database: Path
    accounts: Path
    queue: Path
    certificates: Path
    backups: Path

    @property
    def marker(self) -> Path:
        return self.accounts.with_name(f"{self.accounts.name}.made")


class BackupFolder:
    """See admin.backups.BackupStore; blocking."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def backups(self) -> list[BackupFacts]:
        """Newest first; what is being written is not among them."""
        found = []
        for path in sorted(self._layout.backups.glob(f"*{SUFFIX}"), reverse=True):
            with contextlib.suppress(OSError):
                state = path.stat()
                found.append(BackupFacts(path.name.removesuffix(SUFFIX), int(state.st_mtime), state.st_size))
        return found

    def path(self, name: str) -> Path:
        """Raises NotFound, also for a name that leads elsewhere."""
        if name not in {one.name for one in self.backups()}:
            raise NotFound("there is no such backup")
        return self._layout.backups / f"{name}{SUFFIX}"

    def remove(self, name: str) -> None:
        """Raises NotFound, TryLater."""
        try:
            self.path(name).unlink()
        except OSError as error:
            raise TryLater("the backup can't be removed at the moment", detail=str(error)) from None

    def make(self, name: str, progress: Callable[[int, int], bool]) -> BackupFacts:
        """`progress` is told accounts done and in all, and says whether to go on. Raises TryLater (STORAGE_FULL where the disk has no room for it)."""
        layout = self._layout
        layout.backups.mkdir(mode=0o700, exist_ok=True)
        self._check_room()
        part = layout.backups / f"{name}{SUFFIX}{_PART}"
        work = layout.backups / f".{name}"
        try:
            work.mkdir(mode=0o700)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                    self._write(archive, work, progress)
                file.flush()
                os.fsync(file.fileno())
            target = part.with_name(f"{name}{SUFFIX}")
            part.replace(target)
            sync_folder(layout.backups)
            state = target.stat()
            return BackupFacts(name, int(state.st_mtime), state.st_size)
        except apsw.Error as error:
            raise translated(error, str(layout.backups)) from error
        except OSError as error:
            raise translated(error, str(layout.backups)) from error
        finally:
            part.unlink(missing_ok=True)
            shutil.rmtree(work, ignore_errors=True)

    def sweep(self) -> None:
        """What a backup that was cut off has left."""
        for path in self._layout.backups.glob(f"*{_PART}"):
            path.unlink(missing_ok=True)
        for path in self._layout.backups.glob(".*"):
            shutil.rmtree(path, ignore_errors=True)

    def _write(self, archive: tarfile.TarFile, work: Path, progress: Callable[[int, int], bool]) -> None:
        layout = self._layout
        accounts = sorted(layout.accounts.glob("*/*/mail.sqlite"))
        schema = _add_database(archive, (layout.database, layout.queue, _QUEUED), "queue", work)
        for path in sorted(layout.certificates.glob("*")) if layout.certificates.is_dir() else ():
            if path.is_file():
                archive.add(path, f"certificates/{path.name}", recursive=False)
        if layout.marker.exists():
            archive.add(layout.marker, layout.marker.name, recursive=False)
        for number, database in enumerate(accounts):
            if not progress(number, len(accounts)):
                raise TryLater("the backup was stopped")
            name = f"accounts/{database.parent.parent.name}/{database.parent.name}"
            with contextlib.suppress(_Gone):  # the account was removed meanwhile
                _add_database(archive, (database, database.parent, _CONTENT), name, work)
        progress(len(accounts), len(accounts))
        manifest = {"format": FORMAT, "schema": schema, "accounts": len(accounts)}
        _add_bytes(archive, MANIFEST, json.dumps(manifest, indent=2).encode())

    def _check_room(self) -> None:
        layout = self._layout
        needed = sum(
            path.stat().st_size
            for root in (layout.accounts, layout.queue, layout.database.parent / layout.database.name)
            for path in _files(root)
        )
        disk = shutil.disk_usage(layout.backups)
        if disk.free - needed < disk.total * _SPARE:
            raise TryLater(
                f"the backup needs up to {needed >> 20} MiB, and the disk has {disk.free >> 20} MiB free",
                meaning=Meaning.STORAGE_FULL,
            )


class _Gone(Exception):
    pass


def _add_database(archive: tarfile.TarFile, source: tuple[Path, Path, str], name: str, work: Path) -> int:
    """The copy of a database, and the files that it names below `folder`; returns its version. Raises _Gone, TryLater."""
    database, folder, statement = source
    for _ in range(_TRIES):
        copy, held = work / database.name, work / "held"
        _clear(copy, held)
        _hold(_files(folder), folder, held)
        version, named = _copy(database, copy, statement)
        _hold((folder / path for path in named), folder, held)
        if all((held / path).exists() for path in named):
            archive.add(copy, database.name if name == "queue" else f"{name}/{database.name}", recursive=False)
            for path in named:
                archive.add(held / path, f"{name}/{path}", recursive=False)
            _clear(copy, held)
            return version
    raise TryLater("a mailbox changes too fast to be copied", detail=str(database))


def _copy(database: Path, copy: Path, statement: str) -> tuple[int, list[str]]:
    """In one read transaction: a copy with everything of the log in it, and what it names."""
    if not database.exists():
        raise _Gone
    source = connect(database, read_only=True, must_exist=True)
    try:
        target = apsw.Connection(str(copy))
        try:
            with target.backup("main", source, "main") as backup:
                backup.step(-1)
            target.execute("PRAGMA journal_mode = DELETE")
            named = [row[0] for row in target.execute(statement)]
            return user_version(target), named
        finally:
            target.close()
    finally:
        source.close()


def _hold(paths: Iterator[Path] | Sequence[Path], folder: Path, held: Path) -> None:
    """A second name for each file, so that deleting it here takes nothing away."""
    for path in paths:
        if path.name.startswith("mail.sqlite"):
            continue
        link = held / path.relative_to(folder)
        if link.exists():
            continue
        link.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.link(path, link)


def _clear(copy: Path, held: Path) -> None:
    copy.unlink(missing_ok=True)
    shutil.rmtree(held, ignore_errors=True)


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    elif root.is_dir():
        for path in root.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    yield path


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o600
    archive.addfile(entry, io.BytesIO(content))
