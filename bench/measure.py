"""Rounds that alternate, medians, ratios; memory (PSS) and processor time of process trees from the kernel's own accounting."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Rounds(list[float]):
    """What was measured in each round, and microseconds of processor time an operation took the servers, in all rounds together."""

    cpu: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `more_is_better` for rates; the ratio is always ours ÷ theirs."""

    row: str
    what: str
    unit: str
    ours: list[float]
    theirs: list[float]
    target: float | None
    more_is_better: bool

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ours) / statistics.median(self.theirs) if self.theirs else None

    def cells(self) -> tuple[str, ...]:
        reached = ""
        figure = self.ratio if self.theirs else statistics.median(self.ours)
        if self.target is not None and figure is not None:
            reached = "reached" if (figure >= self.target) == self.more_is_better or figure == self.target else "missed"
        sign = "≥" if self.more_is_better else "≤"
        return (
            self.row,
            self.what,
            self.unit,
            spread(self.ours),
            spread(self.theirs) if self.theirs else "",
            f"{self.ratio:.2f}" if self.ratio is not None else "",
            spent(self.ours, self.theirs),
            f"{sign} {self.target:g}" if self.target is not None else "",
            reached,
        )


def spread(values: list[float]) -> str:
    """Median (min … max), three digits."""
    return f"{number(statistics.median(values))} ({number(min(values))} … {number(max(values))})"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spent(ours: list[float], theirs: list[float]) -> str:
    """Processor time of each side, where it was measured."""
    found = [values.cpu for values in (ours, theirs) if isinstance(values, Rounds) and values.cpu is not None]
    return " : ".join(f"{value:,.0f}" for value in found)


Round = Callable[[], tuple[float, int]]


def alternate(ours: Round, theirs: Round, rounds: int, sides: Sequence[Any]) -> tuple[Rounds, Rounds]:
    """One warm-up each, then turn by turn. A round gives what it measured, and how many operations it was."""
    ours(), theirs()
    turns = ((ours, sides[0], Rounds()), (theirs, sides[1], Rounds()))
    seconds, operations = [0.0, 0.0], [0, 0]
    for _ in range(rounds):
        for at, (turn, side, values) in enumerate(turns):
            before = processor_seconds(side.all_pids())
            value, count = turn()
            seconds[at] += processor_seconds(side.all_pids()) - before
            operations[at] += count
            values.append(value)
    for at, (_, _, values) in enumerate(turns):
        values.cpu = seconds[at] / operations[at] * 1e6
    return turns[0][2], turns[1][2]


def processor_seconds(pids: list[int]) -> float:
    """Of processes that make up whole trees: the time of a child that has ended is its parent's."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def pss(pids: list[int]) -> float:
    """KiB of memory of these processes, shared pages divided among their users."""
    total = 0.0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += float(line.split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


class Served:
    """A server that is one process, and its children, from its start to `__exit__`."""

    _process: subprocess.Popen[bytes] | None = None

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=20)

    def pids(self) -> list[int]:
        assert self._process is not None
        return tree(self._process.pid)


def tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for name in (path.name for path in Path("/proc").iterdir()):
        if name.isdigit():
            try:
                parent = int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found
