"""Whether everything that must be true of the stored mail is true: what `postroom doctor` asks, and every test that had a server at its end.

Each check reads one snapshot in a thread and may run beside a working server: what only looks wrong because mail arrives or goes at that moment is looked at
again, or left out (`settling`). The queries are in `invariants.py`, what is put right in `repairs.py`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from postroom.model.address import parse_address
from postroom.model.database import Read
from postroom.model.errors import MailError, Malformed
from postroom.model.ids import AccountId
from postroom.model.keywords import Keywords
from postroom.model.mailbox import INBOX, ancestors, normal_name
from postroom.settings import document
from postroom.store.checks.invariants import ACCOUNT, SERVER, Invariant
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.files import large_content
from postroom.store.files.account_files import AccountFiles

_MOST_OF_A_KIND = 100  # findings of one kind in one account: enough to see what is wrong, not a flood
_PAGE = 200  # contents hashed between two reads: at most 13 MB in memory
_PIECE = 1024 * 1024  # octets of a large file read at once
UNNAMED_FILE = "a file that no row names"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be; `account` None for the server's own data."""

    account: AccountId | None
    what: str
    detail: str
    repairable: bool = False


async def check_account(
    files: AccountFiles, account_id: AccountId, *, deep: bool = False, settling: float = 0.0
) -> list[Finding]:
    """Everything about one account. `deep` hashes every content; files younger than `settling` seconds may belong to mail that is arriving.

    Never raises: an account that can't be opened is a finding.
    """
    try:
        file = await files.get(account_id)
        damage = await file.damage()
        if damage:
            return [Finding(account_id, "the database is damaged", line) for line in damage[:_MOST_OF_A_KIND]]
        folder = files.folder(account_id)
        found = await file.snapshot(lambda read: _account(read, account_id, folder, deep=deep))
        return found + await _files(file, _CONTENT_SIZES, CONTENT_PATHS, account_id, (folder, settling))
    except MailError as error:
        return [Finding(account_id, "the account can't be opened", error.detail or error.public)]


async def check_server(
    database: SqliteFile, files: AccountFiles, queue_folder: Path, *, deep: bool = False, settling: float = 0.0
) -> list[Finding]:
    """The server's own data, and that accounts and folders match; the accounts themselves are `check_account`'s. `deep` hashes what is queued."""
    try:
        damage = await database.damage()
        if damage:
            return [Finding(None, "the database is damaged", line) for line in damage[:_MOST_OF_A_KIND]]
        on_disk = files.account_ids()
        found = await database.snapshot(lambda read: _server(read, on_disk, files))
        if deep:
            found += await database.snapshot(lambda read: _queued_digests(read, queue_folder))
        found += [Finding(None, UNNAMED_FILE, str(path), True) for path in files.leftovers(settling)]
        return found + await _files(database, _QUEUE_SIZES, QUEUE_PATHS, None, (queue_folder, settling))
    except MailError as error:
        return [Finding(None, "the server's database can't be read", error.detail or error.public)]


def _broken(read: Read, invariants: Sequence[Invariant], account_id: AccountId | None) -> list[Finding]:
    return [
        Finding(account_id, invariant.what, invariant.told.format(*row), invariant.repairable)
        for invariant in invariants
        for row in read(f"{invariant.sql} LIMIT {_MOST_OF_A_KIND:d}", ())
    ]


def _account(read: Read, account_id: AccountId, folder: Path, *, deep: bool) -> list[Finding]:
    owners = read("SELECT account_id FROM account", ())
    if owners != [(account_id,)]:
        return [Finding(account_id, "the database is not this account's", f"it holds {[row[0] for row in owners]}")]
    found = _broken(read, ACCOUNT, account_id)
    found += _names(read, account_id)
    found += _keywords(read, account_id)
    return found + (_digests(read, account_id, folder) if deep else [])


def _names(read: Read, account_id: AccountId) -> list[Finding]:
    names = {row[0] for row in read("SELECT name FROM mailbox", ())}
    found = [] if INBOX in names else [Finding(account_id, "there is no INBOX", f"{len(names)} mailboxes", True)]
    for name in sorted(names):
        try:
            is_normal = normal_name(name) == name
        except Malformed:
            is_normal = False
        if not is_normal:
            found.append(Finding(account_id, "a mailbox name is not normal", repr(name)))
        missing = [above for above in ancestors(name) if above not in names]
        if missing:
            found.append(Finding(account_id, "a mailbox above is missing", f"{name!r}: {missing[0]!r}", True))
    for (name,) in read("SELECT name FROM subscription", ()):
        try:
            normal_name(name)
        except Malformed:
            found.append(Finding(account_id, "a subscription is of no possible name", repr(name)))
    return found[:_MOST_OF_A_KIND]


def _keywords(read: Read, account_id: AccountId) -> list[Finding]:
    return [
        Finding(account_id, "keywords are not in their one form", repr(text))
        for (text,) in read("SELECT DISTINCT others FROM mailbox_email WHERE others IS NOT NULL", ())
        if Keywords.of(text.split(" ")).others_text != text or not text
    ][:_MOST_OF_A_KIND]


CONTENT_PATHS = "SELECT path FROM content WHERE path IS NOT NULL"
_CONTENT_SIZES = "SELECT c.path, e.size FROM content c JOIN email e ON e.email_id = c.email_id WHERE c.path IS NOT NULL"
QUEUE_PATHS = "SELECT path FROM queue_message WHERE path IS NOT NULL"
_QUEUE_SIZES = "SELECT path, size - length(prefix) FROM queue_message WHERE path IS NOT NULL"


async def _files(
    file: SqliteFile, sizes: str, paths: str, account_id: AccountId | None, place: tuple[Path, float]
) -> list[Finding]:
    """Large contents are where their rows say, whole; and no file is there without a row."""
    folder, settling = place
    missing = await file.snapshot(lambda read: _incomplete(read, sizes, folder))
    if missing:
        # those whose row has gone meanwhile were deleted while we looked
        named = await file.snapshot(lambda read: {row[0] for row in read(paths, ())})
        missing = [row for row in missing if row[0] in named]
    unnamed = await file.snapshot(lambda read: unnamed_files(read, paths, folder, settling))
    return [
        Finding(account_id, "a large content is not there whole", f"{path}: {there} octets, {size} expected")
        for path, size, there in missing[:_MOST_OF_A_KIND]
    ] + [Finding(account_id, UNNAMED_FILE, path, True) for path in unnamed[:_MOST_OF_A_KIND]]


def _incomplete(read: Read, sizes: str, folder: Path) -> list[tuple[str, int, int]]:
    return [(path, size, there) for path, size in read(sizes, ()) if (there := _size_of(folder / path)) != size]


def _size_of(path: Path) -> int:
    """Octets, -1 where there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def unnamed_files(read: Read, paths: str, folder: Path, settling: float) -> list[str]:
    """Files below content/ that no row names and that are older than `settling` seconds, relative to `folder`."""
    there = list((folder / large_content.FOLDER).glob("*/*"))
    named = {row[0] for row in read(paths, ())}
    youngest = time.time() - settling
    found = []
    for path in there:
        relative = str(path.relative_to(folder))
        try:
            if relative not in named and (not settling or path.stat().st_ctime < youngest):
                found.append(relative)
        except OSError:
            continue  # deleted while we looked
    return sorted(found)


def _digests(read: Read, account_id: AccountId, folder: Path) -> list[Finding]:
    """Every content is what its blob_id says; a page at a time."""
    found = []
    last = 0
    while rows := read(
        "SELECT c.email_id, e.blob_id, c.data, c.path FROM content c JOIN email e ON e.email_id = c.email_id"
        f" WHERE c.email_id > ? ORDER BY c.email_id LIMIT {_PAGE:d}",
        (last,),
    ):
        last = rows[-1][0]
        for email_id, blob_id, data, path in rows:
            digest = hashlib.sha256(data).digest() if path is None else _digest_of(folder / path)
            if digest is not None and digest != bytes(blob_id):
                found.append(Finding(account_id, "a content is not what its blob_id says", f"email {email_id}"))
    return found[:_MOST_OF_A_KIND]


def _queued_digests(read: Read, folder: Path) -> list[Finding]:
    found = []
    for (message_id,) in read("SELECT message_id FROM queue_message ORDER BY message_id", ()):
        for blob_id, data, path in read(
            "SELECT blob_id, data, path FROM queue_message WHERE message_id = ?", (message_id,)
        ):
            digest = hashlib.sha256(data or b"").digest() if path is None else _digest_of(folder / path)
            if digest is not None and digest != bytes(blob_id):
                found.append(Finding(None, "a queued content is not what its blob_id says", f"message {message_id}"))
    return found[:_MOST_OF_A_KIND]


def _digest_of(path: Path) -> bytes | None:
    """None where it can't be read, which is told already by its size."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError:
        return None
    return digest.digest()


def _server(read: Read, on_disk: list[AccountId], files: AccountFiles) -> list[Finding]:
    found = _broken(read, SERVER, None)
    known = {AccountId(row[0]) for row in read("SELECT account_id FROM account", ())}
    for account_id in sorted(known - set(on_disk)):
        if files.folder(account_id).exists():
            found.append(Finding(account_id, "an account has lost its mail store", "restore its folder from a backup"))
        else:
            found.append(Finding(account_id, "an account has no mail store", "the first login makes it"))
    found += [
        Finding(account_id, "a mail store belongs to no account", f"account {account_id}")
        for account_id in on_disk
        if account_id not in known
    ]
    return found + list(_addresses(read)) + list(_settings(read))


def _addresses(read: Read) -> Iterator[Finding]:
    domains = {row[0] for row in read("SELECT name FROM domain", ())}
    for key, text, target in read("SELECT key, address, target FROM address ORDER BY key, seq", ()):
        try:
            address = parse_address(text)
            if target is not None:
                parse_address(target)
        except Malformed as error:
            yield Finding(None, "an address can't be read", f"{key}: {error.public}")
            continue
        if address.key != key:
            yield Finding(None, "an address is kept under another key", f"{text}: {key}")
        if address.domain not in domains:
            yield Finding(None, "an address is in a domain that is not kept here", text)


def _settings(read: Read) -> Iterator[Finding]:
    for version, text in read("SELECT version, document FROM settings_version ORDER BY version DESC LIMIT 1", ()):
        try:
            document.parse(text)
        except Malformed as error:
            yield Finding(None, "the settings in force can't be read", f"version {version}: {error.public}")
