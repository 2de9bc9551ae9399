"""The audit log as an operator reads it."""

from __future__ import annotations

from typing import Protocol

from postroom.admin.operator import Operator, Scope
from postroom.model.operation.logins import AuditLine, AuditSelection


class AuditLog(Protocol):
    """Where the lines are kept."""

    async def lines(self, selection: AuditSelection, offset: int, limit: int) -> tuple[list[AuditLine], int]:
        """Newest first: a part, and how many there are in all."""


class AuditReader:
    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def read(
        self, operator: Operator, selection: AuditSelection, offset: int, limit: int
    ) -> tuple[list[AuditLine], int]:
        operator.require(Scope.AUDIT_READ)
        return await self._log.lines(selection, offset, limit)
