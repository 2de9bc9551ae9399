"""Writing down what a process counts: for /metrics every few seconds, for the charts every minute."""

from __future__ import annotations

import asyncio

import structlog

from postroom.app.adapters import Adapters
from postroom.model.errors import MailError
from postroom.observe.meter import Meter

log = structlog.get_logger()

_EVERY = 5.0  # seconds; a process that is killed takes as much of its counting along
_FLOW_EVERY = 12  # as often as that between two of the database


class Metering:
    """One per process."""

    def __init__(self, meter: Meter, adapters: Adapters) -> None:
        self._meter = meter
        self._adapters = adapters

    async def run(self) -> None:
        """Until cancelled; then the last is written."""
        turns = 0
        try:
            while True:
                await asyncio.sleep(_EVERY)
                turns += 1
                self._write_totals()
                if turns % _FLOW_EVERY == 0:
                    await self.write_flow()
        finally:
            self._write_totals()

    async def write_flow(self) -> None:
        """What was counted since; kept for the next time where it can't be written."""
        taken = self._meter.take_flow()
        try:
            await self._adapters.mail_flow.add(self._adapters.clock.now(), taken)
        except MailError as error:
            self._meter.flow.update(taken)
            log.error("counters not written", reason=error.detail or error.public)

    def _write_totals(self) -> None:
        try:
            self._adapters.counters.write(self._meter.totals)
        except MailError as error:
            log.error("counters not written", reason=error.detail or error.public)
