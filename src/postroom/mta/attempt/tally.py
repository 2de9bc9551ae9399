"""TlsTally: counts how connections to other domains were protected, for reports to them (RFC 8460); written once a minute."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from postroom.mailauth.transport.tls_reports import FailureType
from postroom.model.errors import MailError
from postroom.model.ports import Clock, TransportStore
from postroom.model.relaying.transport import TlsOutcome

log = structlog.get_logger()

_WRITE_EVERY = 60.0  # seconds
_MOST = 10_000  # kinds of connection between two writes; what is more is not counted
_DAY = 86_400


class TlsTally:
    """One per worker."""

    def __init__(self, store: TransportStore, clock: Clock, is_wanted: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._is_wanted = is_wanted
        self._counts: Counter[TlsOutcome] = Counter()

    def note(self, domain: str, policy: str, host: str, failure: FailureType | None) -> None:
        """One connection."""
        if not domain or not self._is_wanted():
            return
        outcome = TlsOutcome(self._clock.now() // _DAY, domain, policy, host, failure.value if failure else "")
        if outcome in self._counts or len(self._counts) < _MOST:
            self._counts[outcome] += 1

    async def run(self) -> None:
        """Until cancelled; then what was counted is written."""
        try:
            while True:
                await asyncio.sleep(_WRITE_EVERY)
                await self.write()
        finally:
            await self.write()

    async def write(self) -> None:
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            await self._store.count_tls(counts)
        except MailError as error:
            log.error("TLS results not written", reason=error.detail or error.public)
            self._counts.update(counts)
