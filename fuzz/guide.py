"""Guide: which lines of Postroom an input reaches, so that inputs that reach new ones are bent further.

Coverage as the standard library can tell it (`sys.settrace`), one input in a few: tracing makes each several times slower.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

EVERY = 4  # inputs of which one is traced


class Guide:
    """Remembers lines; one per hunt."""

    def __init__(self) -> None:
        self._lines: set[tuple[CodeType, int]] = set()
        self._own: dict[CodeType, bool] = {}

    @property
    def lines(self) -> int:
        """How many have been reached."""
        return len(self._lines)

    @contextmanager
    def watching(self) -> Iterator[Callable[[], bool]]:
        """Traces what runs inside; the value tells afterwards whether a line was new."""
        before = len(self._lines)
        previous = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield lambda: len(self._lines) > before
        finally:
            sys.settrace(previous)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        own = self._own.get(code)
        if own is None:
            own = self._own[code] = "/postroom/" in code.co_filename
        return self._line if own else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if event == "line":
            self._lines.add((frame.f_code, frame.f_lineno))
        return self._line
