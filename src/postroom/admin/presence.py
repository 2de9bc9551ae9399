"""Who is connected, and who waits after wrong passwords (SPEC 1.3, SPEC 2): look, end a session, let somebody in again."""

from __future__ import annotations

from collections.abc import Callable

from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.identity import Auditor
from postroom.model.errors import Malformed, NotFound
from postroom.model.ports import LoginDelays, SessionRegistry
from postroom.model.session import LockOut, SessionEntry

_SORTS = ("since", "account", "protocol", "address", "client", "tls")


class Presence:
    """`end` tells the worker that has a session to end it."""

    def __init__(
        self, sessions: SessionRegistry, delays: LoginDelays, auditor: Auditor, end: Callable[[str], None]
    ) -> None:
        self._sessions = sessions
        self._delays = delays
        self._auditor = auditor
        self._end = end

    def connections(self, operator: Operator, search: str, sort: str) -> list[SessionEntry]:
        """Those whose account, address, client or protocol has the words. Raises Malformed for a sort that is none."""
        operator.require(Scope.CONNECTIONS_READ)
        name = sort.removeprefix("-") or "since"
        if name not in _SORTS:
            raise Malformed(f"sort: one of {', '.join(_SORTS)} is wanted")
        words = search.lower().split()
        found = [
            entry
            for entry in self._sessions.entries()
            if all(
                word in f"{entry.account} {entry.address} {entry.client} {entry.protocol} {entry.tls}".lower()
                for word in words
            )
        ]
        return sorted(found, key=lambda entry: getattr(entry, name), reverse=sort.startswith("-"))

    async def end_connection(self, operator: Operator, session_id: str) -> None:
        """Raises NotFound."""
        operator.require(Scope.CONNECTIONS_WRITE)
        entry = next((entry for entry in self._sessions.entries() if entry.session_id == session_id), None)
        if entry is None:
            raise NotFound("there is no such connection; it may have ended")
        what = f"{entry.account}, {entry.protocol} from {entry.address}"
        await self._auditor.change(operator, "connection ended", what, lambda _: None)
        self._end(session_id)

    def lock_outs(self, operator: Operator) -> list[LockOut]:
        """Who waits now, the last failure first."""
        operator.require(Scope.SECURITY_READ)
        return self._delays.lock_outs()

    async def lift(self, operator: Operator, limit_key: str, login: str) -> None:
        """Raises NotFound."""
        operator.require(Scope.SECURITY_WRITE)
        if not any((one.limit_key, one.login) == (limit_key, login) for one in self._delays.lock_outs()):
            raise NotFound("nobody waits there")
        what = f"{login or 'all names'} from {limit_key}"
        await self._auditor.change(operator, "lock-out lifted", what, lambda _: None)
        self._delays.forget(limit_key, login)
