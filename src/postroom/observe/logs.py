"""How log lines are written: JSON for programs, aligned text on a terminal; to standard error, one line each whatever is in the values.

Mail goes on where the log can't: a line that the disk of the log does not take is lost, and no client can fill it with one thing for ever (THREATS A6).
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable

import msgspec
import structlog

_MOST_AT_ONCE = 2000  # lines of one event in a burst: a busy second of a healthy server has some hundreds
_MOST_A_SECOND = 500  # of one event in the long run
_encoder = msgspec.json.Encoder(enc_hook=str)


def configure(form: str, level: int = logging.INFO, meter: structlog.typing.Processor | None = None) -> None:
    """`form` is "json" or "text"; call once per process, before the first line. `meter` sees every line, also those that are too many to be written."""
    processors: list[structlog.typing.Processor] = [
        *([meter] if meter is not None else []),
        Flood(),
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if form == "json":
        processors.append(structlog.processors.JSONRenderer(serializer=_dumps))
    else:
        processors.append(
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
            )
        )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=True,
    )


class Flood:
    """Drops lines of an event that comes too often; the next one that is written says how many were `left_out`."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._events: dict[str, tuple[float, float, int]] = {}

    def __call__(self, logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        name = str(event.get("event"))
        now = self._now()
        allowed, last, left_out = self._events.get(name, (float(_MOST_AT_ONCE), now, 0))
        allowed = min(float(_MOST_AT_ONCE), allowed + (now - last) * _MOST_A_SECOND)
        if allowed < 1.0:
            self._events[name] = (allowed, now, left_out + 1)
            raise structlog.DropEvent
        self._events[name] = (allowed - 1.0, now, 0)  # events are named in the code: there are some hundred
        if left_out:
            event["left_out"] = left_out
        return event


class LineLogger:
    """Writes each line at once and whole; what can't be written is lost, and nobody waits or fails for it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def msg(self, line: str) -> None:
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:  # a full disk, or a reader that went away: there is no place left to tell of it
            return

    debug = info = warning = warn = error = critical = exception = fatal = failure = err = log = msg


def _to_standard_error(*_: object) -> LineLogger:
    return LineLogger(2)


def _dumps(event: object, **_: object) -> str:
    return _encoder.encode(event).decode()
