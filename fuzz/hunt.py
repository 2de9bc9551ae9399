"""Runs one target for a time; what fails is kept with the command that replays it.

The bound of one input is processor time, so that a busy machine finds nothing that is not there. Python code is stopped at the bound; what a single
call of C code takes beyond it is told when it returns.
"""

from __future__ import annotations

import hashlib
import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from fuzz.guide import EVERY, Guide
from fuzz.mutation import Bender

FINDINGS = Path(__file__).parent / "findings"
BOUND = 2.0  # seconds of processor time: a hundred times what the slowest sound input of the largest size takes
_PROGRESS = 5.0  # seconds between two lines of progress


class TooSlow(AssertionError):
    """An input took longer than its bound."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under fire: what is called with each input, and what inputs begin as."""

    name: str
    call: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Finding:
    target: str
    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.target}: {self.what}\n  replay: python -m fuzz --replay {self.path} {self.target}"


@contextmanager
def bounded(seconds: float = BOUND) -> Iterator[None]:
    """Raises TooSlow inside, where the processor time is over."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def attempt(target: Target, data: bytes) -> Exception | None:
    """What the target raised, if anything."""
    try:
        with bounded():
            target.call(data)
    except Exception as error:
        return error
    return None


def hunt(
    target: Target, seconds: float, seed: int, say: Callable[[str], None], most: int | None = None
) -> list[Finding]:
    """Seeds as they are, then bent ones until the time is over, or `most` inputs were tried; what reaches new lines is bent again.

    Findings that broke at the same place count once.
    """
    seeds = target.seeds()
    guide = Guide()
    bender = Bender(random.Random(f"{seed} {target.name}"), seeds)
    found: dict[str, Finding] = {}
    begun = told = time.monotonic()
    rounds = 0
    waiting = list(seeds)
    while (now := time.monotonic()) - begun < seconds and rounds != most:
        data = waiting.pop() if waiting else bender.make()
        if rounds % EVERY == 0 and rounds >= len(seeds):
            with guide.watching() as is_new:
                error = attempt(target, data)
            if is_new() and error is None:
                bender.keep(data)
        else:
            error = attempt(target, data)
        rounds += 1
        if error is not None and (place := _place(error)) not in found:
            found[place] = _keep(target, data, error, place)
            say(str(found[place]))
        if now - told >= _PROGRESS:
            told = now
            say(_progress(target, rounds, now - begun, guide, len(found)))
    say(_progress(target, rounds, max(time.monotonic() - begun, 0.001), guide, len(found)))
    return list(found.values())


def _progress(target: Target, rounds: int, seconds: float, guide: Guide, findings: int) -> str:
    speed = rounds / seconds
    return f"{target.name:<12} {rounds:>9,} inputs {speed:>9,.0f}/s  lines: {guide.lines:>5,}  findings: {findings}"


def _place(error: Exception) -> str:
    """Where it broke: the innermost line of code, whatever the text says; slowness has no one line, so its function counts."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "postroom" in frame.filename] or frames
    where = own[-1].name if isinstance(error, TooSlow) else f"{own[-1].name}:{own[-1].lineno}"
    return f"{type(error).__name__} in {Path(own[-1].filename).name}:{where}"


def _keep(target: Target, data: bytes, error: Exception, place: str) -> Finding:
    FINDINGS.mkdir(exist_ok=True)
    path = FINDINGS / f"{target.name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return Finding(target.name, path, f"{place}: {str(error)[:300]}")
