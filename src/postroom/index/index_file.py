"""IndexFile: one account's index, a file that can be made again at any time.

It holds nothing that the mail does not: after a loss of power its last batches may be missing, and it is thrown away where it is not as it was written. Every
page has a checksum (SQLite's cksumvfs), so that a bit that fell over is an error and not a message that is not found. All calls block; one at a time.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import apsw.sqlite_extra

from postroom.index import packing
from postroom.index.analyse import SPELLING, Tokens
from postroom.index.packing import Packer
from postroom.message.search.content import SearchText

NAME = "index.sqlite"
SUFFIXES = ("", "-wal", "-shm")
_VERSION = 1
_CHECKED = "cksmvfs"
_RESERVED = 8  # octets at the end of each page: its checksum
_PATIENCE = 10_000  # ms that a writer waits for another process to be done with a batch
_CACHE_KIB = 2048
_HEADER_MARK = "!"
_LEARNT_FROM = 500  # messages in the index before it has a dictionary of its own
_SAMPLED = 60  # of them, spread over all
_OWN = 1  # the number of that dictionary
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
  email_id  INTEGER PRIMARY KEY,
  whole_cjk INTEGER NOT NULL,
  blob      BLOB    NOT NULL,
  header    BLOB    NOT NULL,
  bodies    BLOB    NOT NULL
);
CREATE TABLE IF NOT EXISTS dictionary (number INTEGER PRIMARY KEY, octets BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS kept_whole_cjk ON kept (whole_cjk, email_id);
CREATE VIRTUAL TABLE IF NOT EXISTS token USING fts5(
  tokens, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '{SPELLING}{_HEADER_MARK}'");
CREATE TABLE IF NOT EXISTS word (word_id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE IF NOT EXISTS piece USING fts5(
  word, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One email about to be kept."""

    email_id: int
    blob: bytes
    text: SearchText
    header_tokens: Tokens
    body_tokens: Tokens
    whole_cjk: bool


class IndexDamagedError(Exception):
    """The file is not as it was written, or not an index of this version; it is to be made again."""


class IndexFile:
    """Open from the start; `path` is in the account's folder, which is there."""

    def __init__(self, path: Path) -> None:
        """Makes the file where it is missing. Raises IndexDamagedError, OSError, apsw.Error."""
        self._path = path
        self._lock = threading.Lock()
        with _told():
            self._connection = _connect(path)
            try:
                self._prepare()
                self._packer = self._read_packer()
            except BaseException:
                self._connection.close()
                raise
        self._inode = path.stat().st_ino
        self.known_to = 0
        """`indexed_to` when it was last read; it never falls. Asked without waiting for anybody."""
        self._known_words: set[str] = set()

    def _prepare(self) -> None:
        version = self._state("version", 0) if self._has_tables() else 0
        if version == _VERSION:
            return
        if version:
            raise IndexDamagedError(f"version {version} of the index, this program writes {_VERSION}")
        with self._writing():
            if not self._has_tables():
                self._connection.execute(_SCHEMA)
                self._connection.execute("INSERT INTO state VALUES ('version', ?)", (_VERSION,))

    def _read_packer(self) -> Packer:
        return Packer(dict(self._rows("SELECT number, octets FROM dictionary")))

    def _has_tables(self) -> bool:
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE name = 'state'"))

    @property
    def is_current(self) -> bool:
        """Whether this is the file that lies there: another process may have thrown it away."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def close(self) -> None:
        """The log is brought in by whoever closes it last."""
        with self._lock:
            self._connection.close()

    # -- what is in it

    @property
    def indexed_to(self) -> int:
        """Emails up to this number have been looked at: they are in the index, or gone."""
        with self._reading():
            self.known_to = self._state("indexed_to", 0)
            return self.known_to

    def present(self, email_ids: Sequence[int]) -> set[int]:
        """Those that are in the index."""
        sql = "SELECT email_id FROM kept WHERE email_id IN (SELECT value FROM json_each(?))"
        with self._reading():
            return {row[0] for row in self._rows(sql, (json.dumps(email_ids),))}

    def count(self) -> int:
        """Emails in the index."""
        with self._reading():
            return int(self._rows("SELECT count(*) FROM kept")[0][0])

    def outdated(self, *, whole_cjk: bool, most: int | None = None) -> list[int]:
        """Emails whose tokens were made by the other rule, ascending."""
        sql = "SELECT email_id FROM kept WHERE whole_cjk = ? ORDER BY email_id LIMIT ?"
        with self._reading():
            return [row[0] for row in self._rows(sql, (int(not whole_cjk), -1 if most is None else most))]

    def size(self) -> int:
        """Octets on disk."""
        found = 0
        for suffix in SUFFIXES:
            try:
                found += Path(f"{self._path}{suffix}").stat().st_size
            except FileNotFoundError:
                continue
        return found

    def last_blobs(self, most: int) -> list[tuple[int, bytes]]:
        """(email_id, beginning of its blob_id) of the newest ones: an index of other mail shows by these."""
        with self._reading():
            return [
                (row[0], row[1])
                for row in self._rows("SELECT email_id, blob FROM kept ORDER BY email_id DESC LIMIT ?", (most,))
            ]

    def matches(self, expression: str) -> list[int]:
        """Emails by an expression of FTS5 over tokens, ascending."""
        with self._reading():
            return [row[0] for row in self._rows("SELECT rowid FROM token WHERE token MATCH ?", (expression,))]

    def words(self, piece: str, most: int) -> list[str]:
        """Words of the vocabulary that contain at least three characters; more than `most` are cut off."""
        expression = " AND ".join(f'"{piece[at : at + 3]}"' for at in range(len(piece) - 2))
        sql = (
            "SELECT word FROM word WHERE word_id IN (SELECT rowid FROM piece WHERE piece MATCH ?)"
            " AND instr(word, ?) LIMIT ?"
        )
        with self._reading():
            return [row[0] for row in self._rows(sql, (expression, piece, most))]

    def kept(self, email_ids: Sequence[int]) -> list[tuple[int, bytes, bytes]]:
        """(email_id, header, bodies) as `unpacked` reads them."""
        sql = "SELECT email_id, header, bodies FROM kept WHERE email_id IN (SELECT value FROM json_each(?))"
        with self._reading():
            return [(row[0], row[1], row[2]) for row in self._rows(sql, (json.dumps(email_ids),))]

    def kept_below(self, email_id: int, most: int) -> list[tuple[int, bytes, bytes]]:
        """The newest of those with lower numbers, descending."""
        sql = "SELECT email_id, header, bodies FROM kept WHERE email_id < ? ORDER BY email_id DESC LIMIT ?"
        with self._reading():
            return [(row[0], row[1], row[2]) for row in self._rows(sql, (email_id, most))]

    def unpacked(self, octets: bytes) -> str:
        """Texts joined by line feeds."""
        with _told():
            try:
                return self._packer.unpack(octets)
            except KeyError:
                with self._reading():
                    self._packer = self._read_packer()
                return self._packer.unpack(octets)

    # -- what is put in and taken out

    def add(self, entries: Sequence[Entry]) -> int:
        """Those that are not there yet; how many these were."""
        with self._writing():
            there = {row[0] for row in self._rows(
                "SELECT email_id FROM kept WHERE email_id IN (SELECT value FROM json_each(?))",
                (json.dumps([entry.email_id for entry in entries]),),
            )}  # fmt: skip
            new = [entry for entry in entries if entry.email_id not in there]
            pack = self._packer.pack
            self._connection.executemany(
                "INSERT INTO kept VALUES (?, ?, ?, ?, ?)",
                [
                    (entry.email_id, int(entry.whole_cjk), entry.blob, pack((entry.text.header,)), pack(entry.text.bodies))
                    for entry in new
                ],
            )  # fmt: skip
            self._put_tokens(new)
            if not self._packer.newest and len(new) > 1:
                self._make_dictionary()
            return len(new)

    def _make_dictionary(self) -> None:
        """Once there is enough mail, what follows is packed with what it has in common."""
        count, first, last = self._rows("SELECT count(*), min(email_id), max(email_id) FROM kept")[0]
        if count < _LEARNT_FROM or self._rows("SELECT 1 FROM dictionary"):
            self._packer = self._read_packer()  # another process may have been first
            return
        step = max((last - first) // _SAMPLED, 1)
        sampled = [
            (self._packer.unpack(header), self._packer.unpack(bodies))
            for at in range(first, last, step)
            for header, bodies in self._rows("SELECT header, bodies FROM kept WHERE email_id >= ? LIMIT 1", (at,))
        ]
        self._connection.execute("INSERT INTO dictionary VALUES (?, ?)", (_OWN, packing.dictionary(sampled)))
        self._packer = self._read_packer()

    def replace_tokens(self, entries: Sequence[Entry]) -> None:
        """Those that are there get tokens of the other rule."""
        with self._writing():
            self._delete_tokens([entry.email_id for entry in entries])
            self._connection.executemany(
                "UPDATE kept SET whole_cjk = ? WHERE email_id = ?",
                [(int(entry.whole_cjk), entry.email_id) for entry in entries],
            )
            self._put_tokens(entries)

    def remove(self, email_ids: Sequence[int]) -> None:
        """They left the account."""
        with self._writing():
            self._delete_tokens(email_ids)
            self._connection.executemany("DELETE FROM kept WHERE email_id = ?", [(one,) for one in email_ids])

    def advance(self, indexed_to: int) -> None:
        """All up to here have been looked at."""
        with self._writing():
            self._connection.execute(
                "INSERT INTO state VALUES ('indexed_to', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                (indexed_to,),
            )
        self.known_to = max(self.known_to, indexed_to)

    def _put_tokens(self, entries: Sequence[Entry]) -> None:
        self._learn({word for entry in entries for word in entry.header_tokens.words | entry.body_tokens.words})
        self._connection.executemany(
            "INSERT INTO token (rowid, tokens) VALUES (?, ?)", [(entry.email_id, _spelled(entry)) for entry in entries]
        )

    def _delete_tokens(self, email_ids: Iterable[int]) -> None:
        self._connection.executemany("DELETE FROM token WHERE rowid = ?", [(one,) for one in email_ids])

    def _learn(self, words: set[str]) -> None:
        unknown = sorted(word for word in words if len(word) > 2 and word not in self._known_words)
        new: list[tuple[int, str]] = []
        for word in unknown:
            new += self._rows(
                "INSERT INTO word (word) VALUES (?) ON CONFLICT DO NOTHING RETURNING word_id, word", (word,)
            )
        self._connection.executemany("INSERT INTO piece (rowid, word) VALUES (?, ?)", new)
        if len(self._known_words) > 50_000:
            self._known_words.clear()
        self._known_words.update(unknown)

    # -- the connection

    def _state(self, name: str, default: int) -> int:
        rows = self._rows("SELECT value FROM state WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else default

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, _told():
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, _told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._known_words = set()  # what was learnt in it is not
                self._packer = Packer({})
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def discard(path: Path) -> None:
    """Throw the file away, whoever has it open. Blocking.

    The log goes first: a new file must not find an old one's.
    """
    for suffix in reversed(SUFFIXES):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _spelled(entry: Entry) -> str:
    header = entry.header_tokens
    return " ".join((
        *entry.body_tokens.words, *entry.body_tokens.others,
        *[_HEADER_MARK + word for word in header.words], *[_HEADER_MARK + other for other in header.others],
    ))  # fmt: skip


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError, zlib.error, UnicodeDecodeError, KeyError) as error:
        raise IndexDamagedError(f"{type(error).__name__}: {error}") from error
    except apsw.IOError as error:
        if getattr(error, "extendedresult", 0) != apsw.SQLITE_IOERR_DATA:
            raise
        raise IndexDamagedError("the checksum of a page is wrong") from error


def _connect(path: Path) -> apsw.Connection:
    _load_checksums()
    connection = apsw.Connection(str(path), vfs=_CHECKED)
    try:
        connection.reserve_bytes(reserve=_RESERVED)
        connection.set_busy_timeout(_PATIENCE)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB:d}")
    except BaseException:
        connection.close()
        raise
    return connection


def _load_checksums() -> None:
    """Once in a process. It makes itself the default of all files; that stays what it was."""
    names = apsw.vfs_names()
    if _CHECKED in names:
        return
    carrier = apsw.Connection(":memory:")
    try:
        carrier.enable_load_extension(True)
        apsw.sqlite_extra.load(carrier, "cksumvfs")
    finally:
        carrier.close()
        apsw.set_default_vfs(names[0])
