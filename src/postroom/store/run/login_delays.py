"""How long the next try of a login waits after wrong passwords, over all workers (SPEC 2): per address and account, and per network for all names together.

The right password from elsewhere never waits, and from the same place it waits seconds at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from postroom.model.session import LockOut
from postroom.store.run.run_database import RunDatabase

_FREE_FAILURES = 3  # wrong passwords of one name that cost nothing: people mistype
_FREE_OF_NETWORK = 30  # of all names from one address: an office behind it mistypes too
_LONGEST_DELAY = 8.0  # seconds: slows a guesser to some ten thousand tries a day and keeps the owner's wait bearable
_FORGET_AFTER = 900  # seconds without a failure
_MAX_REMEMBERED = 50_000  # rows of about 100 octets; the oldest go first
_LONGEST_NAME = 320  # characters of a login that are looked at
_ALL = ""
_SWEEP_EVERY = 1000  # failures seen by this process between two looks for old rows: a look walks the index of all


class LocalLoginDelays:
    """Of one process."""

    def __init__(self, database: RunDatabase, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now
        self._failures = 0

    def delay(self, limit_key: str, login_name: str) -> float:
        """Seconds to wait before a password is looked at; the same for right and wrong ones."""
        rows = self._database.execute(
            "SELECT login, count FROM failed_login WHERE limit_key = ? AND login IN ('', ?) AND last_at >= ?",
            (limit_key, _folded(login_name), self._now() - _FORGET_AFTER),
        )
        return max((_seconds(count, login) for login, count in rows), default=0.0)

    def failed(self, limit_key: str, login_name: str) -> None:
        now = int(self._now())
        self._database.execute_many(
            "INSERT INTO failed_login VALUES (?, ?, 1, ?) ON CONFLICT (limit_key, login) DO UPDATE SET"
            " count = CASE WHEN last_at < ? THEN 1 ELSE count + 1 END, last_at = excluded.last_at",
            [(limit_key, name, now, now - _FORGET_AFTER) for name in dict.fromkeys((_folded(login_name), _ALL))],
        )
        self._failures += 1
        if self._failures % _SWEEP_EVERY == 0:
            self._sweep(now)

    def _sweep(self, now: int) -> None:
        self._database.execute(
            "DELETE FROM failed_login WHERE last_at < ? OR (limit_key, login) IN"
            " (SELECT limit_key, login FROM failed_login ORDER BY last_at DESC LIMIT -1 OFFSET ?)",
            (now - _FORGET_AFTER, _MAX_REMEMBERED),
        )

    def succeeded(self, limit_key: str, login_name: str) -> None:
        """Its own count begins anew; that of the network goes on, lest a guesser with one password of its own clears it."""
        self._database.execute(
            "DELETE FROM failed_login WHERE limit_key = ? AND login = ?", (limit_key, _folded(login_name))
        )

    def lock_outs(self) -> list[LockOut]:
        """Who waits now, the last failure first; login "" is the whole network."""
        rows = self._database.execute(
            "SELECT limit_key, login, count, last_at FROM failed_login WHERE last_at >= ? ORDER BY last_at DESC",
            (self._now() - _FORGET_AFTER,),
        )
        return [
            LockOut(limit_key, login, count, last_at + _FORGET_AFTER, _seconds(count, login))
            for limit_key, login, count, last_at in rows
            if _seconds(count, login)
        ]

    def forget(self, limit_key: str, login_name: str) -> None:
        """An operator lets it in again."""
        self.succeeded(limit_key, login_name)


def _folded(login_name: str) -> str:
    return login_name.lower()[:_LONGEST_NAME]


def _seconds(count: int, login: str) -> float:
    over = count - (_FREE_FAILURES if login else _FREE_OF_NETWORK)
    return min(_LONGEST_DELAY, 0.25 * 2.0 ** min(over, 10)) if over > 0 else 0.0
