"""Making a server's folder from an archive.

Whatever happened since the backup is not in it, so two things are changed on the way: every mailbox gets a new UIDVALIDITY, since UIDs that were given later would be
given again (RFC 9051 §2.3.1.1), and what waited in the queue is held, since it may have been sent meanwhile.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import apsw

from postroom.model.errors import Conflict, Malformed, TryLater
from postroom.store.backup.archive import FORMAT, MANIFEST
from postroom.store.engines.sqlite import connect, translated
from postroom.store.files.large_content import sync_folder

_ALLOWED = re.compile(
    r"(?:server\.sqlite|accounts\.made|manifest\.json|certificates/[A-Za-z0-9_.-]+|queue/(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+"
    r"|accounts/[0-9a-f]{2}/[0-9]+/(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+)\Z"
)
_MOST_MANIFEST = 65_536  # octets


def restore(archive: Path, folder: Path, now: int, progress: Callable[[str], None]) -> int:
    """Into a folder that is not there or empty; returns how many accounts there are. Raises Conflict, Malformed, TryLater; then the folder is as before."""
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty; name a new folder")
    beside = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        count = _unpack(archive, beside, progress)
        for database in sorted(beside.glob("accounts/*/*/mail.sqlite")):
            _change(database, _NEW_VALIDITY, now)
        _change(beside / "server.sqlite", _SERVER, now)
        for part in ("accounts", "staging", "queue", "certificates", "run"):
            (beside / part).mkdir(mode=0o700, exist_ok=True)
        if folder.exists():
            folder.rmdir()
        beside.replace(folder)
        sync_folder(folder.parent)
    except (tarfile.TarError, EOFError) as error:
        raise Malformed(f"{archive} is no backup, or a damaged one", detail=str(error)) from None
    except apsw.Error as error:
        raise translated(error, str(beside)) from error
    except OSError as error:
        raise TryLater(f"the backup can't be restored: {error.strerror or error}", detail=str(error)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return count


def _unpack(archive: Path, beside: Path, progress: Callable[[str], None]) -> int:
    beside.mkdir(mode=0o700, parents=True)
    with tarfile.open(archive, "r:") as opened:
        manifest = _manifest(archive, opened)
        for entry in opened:
            if not entry.isfile() or _ALLOWED.match(entry.name) is None or ".." in entry.name:
                raise Malformed(f"{archive} holds what a backup has not: {entry.name[:100]!r}")
            if entry.name == MANIFEST:
                continue
            progress(entry.name)
            target = beside / entry.name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            source = opened.extractfile(entry)
            assert source is not None
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
    if not (beside / "server.sqlite").exists():
        raise Malformed(f"{archive} has no server in it")
    return int(manifest["accounts"])


def _manifest(archive: Path, opened: tarfile.TarFile) -> dict[str, int]:
    """Raises Malformed where it is missing: then the archive was cut off."""
    try:
        entry = opened.getmember(MANIFEST)
        source = opened.extractfile(entry)
        found = json.loads(source.read(_MOST_MANIFEST)) if source is not None else {}
        if found.get("format") != FORMAT:
            raise Malformed(f"{archive} is a backup of a format that this program does not know")
        int(found["accounts"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Malformed(f"{archive} is not a whole backup") from None
    manifest: dict[str, int] = found
    return manifest


# each mailbox another, above all that were given, and the count goes on behind them
_NEW_VALIDITY = (
    "UPDATE mailbox SET uid_validity = mailbox_id + (SELECT max(a.next_uid_validity, :now) FROM account a"
    " WHERE a.account_id = mailbox.account_id)",
    "UPDATE account SET next_uid_validity = 1 + (SELECT max(b.uid_validity) FROM mailbox b"
    " WHERE b.account_id = account.account_id)",
)
_SERVER = (
    "UPDATE queue_recipient SET is_held = 1, lease_owner = '', lease_until = 0",
    "DELETE FROM web_session",
)


def _change(database: Path, statements: tuple[str, ...], now: int) -> None:
    connection = connect(database, must_exist=True)
    try:
        with connection:
            for statement in statements:
                connection.execute(statement, {"now": now} if ":now" in statement else None)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
