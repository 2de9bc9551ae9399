"""The audit log: who changed what, newest first; lines are added by `record` in database.py and never changed."""

from __future__ import annotations

from postroom.model.database import Database
from postroom.model.operation.logins import AuditLine, AuditSelection

_COLUMNS = "SELECT audit_id, at, who, what, subject, address FROM audit"
_NEWEST = "ORDER BY audit_id DESC LIMIT ? OFFSET ?"


class DatabaseAuditLog:
    """See admin.ports.identity.AuditLog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lines(self, selection: AuditSelection, offset: int, limit: int) -> tuple[list[AuditLine], int]:
        """A part, and how many there are in all."""
        where, parameters = _condition(selection)
        counted = await self._database.scan(f"SELECT count(*) FROM audit {where}", parameters)
        rows = await self._database.scan(f"{_COLUMNS} {where} {_NEWEST}", (*parameters, limit, offset))
        return [AuditLine(*row) for row in rows], counted[0][0]


def _condition(selection: AuditSelection) -> tuple[str, list[str | int]]:
    words: list[str] = []
    parameters: list[str | int] = []
    for word in selection.text.lower().split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        words.append("lower(who || ' ' || what || ' ' || subject || ' ' || address) LIKE ? ESCAPE '\\'")
        parameters.append(pattern)
    if selection.since is not None:
        words.append("at >= ?")
        parameters.append(selection.since)
    if selection.until is not None:
        words.append("at < ?")
        parameters.append(selection.until)
    return f"WHERE {' AND '.join(words)}" if words else "", parameters
