"""Settings kept as versions: who, when, old → new, undo. The newest row is in force; nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from postroom.model.database import Database, Read, Transaction
from postroom.model.errors import Conflict, Malformed, NotFound
from postroom.model.ports import Clock
from postroom.settings import document
from postroom.settings.document import Settings
from postroom.store.server.database import record


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """One saved document, without its text."""

    version: int
    changed_at: int
    changed_by: str
    summary: str


class SettingsVersions:
    """The versions in one database."""

    def __init__(
        self, database: Database, clock: Clock, check: Callable[[Settings, Settings], None] = lambda old, new: None
    ) -> None:
        """`check` (old, new) knows this machine, which the document can't: it raises Malformed for a change that can't work here."""
        self._database = database
        self._clock = clock
        self._check = check

    def current(self) -> tuple[int, Settings]:
        """The newest version and its number; defaults (0) where none was saved."""
        return _current(self._database.read)

    def version(self) -> int:
        rows = self._database.read("SELECT max(version) FROM settings_version")
        return rows[0][0] or 0

    async def change(
        self, changes: dict[str, Any], who: str, *, base: int | None = None, address: str = ""
    ) -> list[tuple[str, Any, Any]]:
        """Set paths to JSON values; returns (path, old, new). Raises Malformed naming the field; then nothing has changed.

        `base` is the version that the change was made for: Conflict where there is a newer one.
        """

        def operation(transaction: Transaction) -> list[tuple[str, Any, Any]]:
            version, old = _current(transaction.execute)
            _check_base(version, base)
            new = document.changed(old, changes)
            return self._save(transaction, version, (old, new), who, address)

        return await self._database.write(operation)

    def check(self, changes: dict[str, Any]) -> list[tuple[str, Any, Any]]:
        """What `change` would do, and raises what it would raise; nothing is changed."""
        _, old = self.current()
        new = document.changed(old, changes)
        self._check(old, new)
        return document.differences(old, new)

    async def undo(self, who: str, *, base: int | None = None, address: str = "") -> list[tuple[str, Any, Any]]:
        """Save the version before the newest again, as a new one. Raises Conflict where there is none; for `base` see `change`."""

        def operation(transaction: Transaction) -> list[tuple[str, Any, Any]]:
            rows = transaction.execute("SELECT version, document FROM settings_version ORDER BY version DESC LIMIT 2")
            if not rows:
                raise Conflict("no change of settings is recorded, so there is nothing to undo")
            version, old = rows[0][0], document.parse(rows[0][1])
            _check_base(version, base)
            new = document.parse(rows[1][1]) if len(rows) == 2 else Settings()
            return self._save(transaction, version, (old, new), who, address)

        return await self._database.write(operation)

    def history(self, limit: int = 100, offset: int = 0) -> list[SettingsVersion]:
        """Newest first."""
        rows = self._database.read(
            "SELECT version, changed_at, changed_by, summary FROM settings_version ORDER BY version DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [SettingsVersion(*row) for row in rows]

    def difference(self, version: int) -> list[tuple[str, Any, Any]] | None:
        """What one version changed; None where it or the one before can't be read any more: settings come and go with programs. Raises NotFound."""
        rows = self._database.read(
            "SELECT version, document FROM settings_version WHERE version <= ? ORDER BY version DESC LIMIT 2",
            (version,),
        )
        if not rows or rows[0][0] != version:
            raise NotFound(f"there is no version {version} of the settings")
        try:
            new = document.parse(rows[0][1])
            old = document.parse(rows[1][1]) if len(rows) == 2 else Settings()
        except Malformed:
            return None
        return document.differences(old, new)

    def _save(
        self, transaction: Transaction, version: int, change: tuple[Settings, Settings], who: str, address: str
    ) -> list[tuple[str, Any, Any]]:
        old, new = change
        differences = document.differences(old, new)
        if differences:
            self._check(old, new)
            summary = ", ".join(
                f"{path}: {document.shown(before)} → {document.shown(after)}" for path, before, after in differences
            )
            transaction.execute(
                "INSERT INTO settings_version VALUES (?, ?, ?, ?, ?)",
                (version + 1, self._clock.now(), who, summary, new.model_dump_json()),
            )
            record(transaction, self._clock, who, "settings changed", summary, address)
        return differences


def _check_base(version: int, base: int | None) -> None:
    if base is not None and base != version:
        raise Conflict(f"the settings were changed meanwhile: version {version} is in force, not {base}")


def _current(read: Read) -> tuple[int, Settings]:
    rows = read("SELECT version, document FROM settings_version ORDER BY version DESC LIMIT 1", ())
    return (rows[0][0], document.parse(rows[0][1])) if rows else (0, Settings())
