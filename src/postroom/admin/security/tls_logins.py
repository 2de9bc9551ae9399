"""TlsLogins: notes how accounts log in over TLS, so that a stricter profile can be judged before it is set (SPEC 3).

A login costs a look-up in a dictionary; a task writes once a minute, each kind of login at most once an hour in each worker.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog

from postroom.model.errors import MailError
from postroom.model.ids import AccountId
from postroom.model.ports import Clock, TlsLoginStore
from postroom.model.security.tls import TlsLogin

log = structlog.get_logger()

_WRITE_EVERY = 5.0  # seconds; only what is new within the hour is written
_AGAIN = 3600  # seconds between two writes of one kind of login
_MOST = 10_000  # kinds that wait to be written; what is more is not noted
_MOST_OF_ONE = 50  # of one account: more is a client that names itself anew each time


class TlsLogins:
    """One per worker."""

    def __init__(self, store: TlsLoginStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: dict[TlsLogin, tuple[int, int]] = {}
        self._kinds: Counter[AccountId] = Counter()
        self._written: dict[TlsLogin, int] = {}

    def note(self, login: TlsLogin) -> None:
        """One login; never fails."""
        count, _ = self._waiting.get(login, (0, 0))
        if not count:
            if len(self._waiting) >= _MOST or self._kinds[login.account_id] >= _MOST_OF_ONE:
                return
            self._kinds[login.account_id] += 1
        self._waiting[login] = (count + 1, self._clock.now())

    def rename(self, login: TlsLogin, better: TlsLogin) -> None:
        """A client that has logged in says its name only now."""
        count, last_at = self._waiting.get(login, (0, 0))
        if count > 1:
            self._waiting[login] = (count - 1, last_at)
        elif count:
            self._forget(login)
        self.note(better)

    async def run(self) -> None:
        """Until cancelled; then all that waits is written."""
        try:
            while True:
                await asyncio.sleep(_WRITE_EVERY)
                await self.write()
        finally:
            await self.write(everything=True)

    async def write(self, *, everything: bool = False) -> None:
        """What was not written within the hour."""
        now = self._clock.now()
        self._written = {login: at for login, at in self._written.items() if 0 <= now - at < _AGAIN}
        due = {login: seen for login, seen in self._waiting.items() if everything or login not in self._written}
        if not due:
            return
        for login in due:
            self._forget(login)
        try:
            await self._store.add(due)
        except MailError as error:
            log.error("TLS logins not written", count=len(due), reason=error.detail or error.public)
        else:
            self._written.update(dict.fromkeys(due, now))

    def _forget(self, login: TlsLogin) -> None:
        del self._waiting[login]
        self._kinds[login.account_id] -= 1
        if not self._kinds[login.account_id]:
            del self._kinds[login.account_id]
