"""DiskPace: how long this disk's syncs take, and so where a commit runs.

Handing a commit to a thread and back costs the interpreter about as much as a quick disk takes for the sync itself. Where syncs are quick, a commit runs on the
loop; one slow commit sends the next ones of all files back to the threads, so that a stall of the disk holds the sessions once and not once for each account.
"""

from __future__ import annotations

_QUICK = (
    0.0006  # seconds on the average: below, waiting is cheaper than a thread; a disk that turns takes ten times as long
)
_SLOW = 0.004  # seconds: one such commit shows a stall
_WARY = 64  # commits in threads after a stall, and before the first one on the loop
_WEIGHT = 0.1  # of the newest commit in the average


class DiskPace:
    """One per set of files on one disk; used by the loop, told by the committing threads."""

    __slots__ = ("_average", "_wary")

    def __init__(self) -> None:
        self._average = _SLOW
        self._wary = _WARY

    @property
    def is_quick(self) -> bool:
        """Whether the next commit may run on the loop."""
        return not self._wary and self._average < _QUICK

    def took(self, seconds: float) -> None:
        """A commit has ended."""
        self._average += (min(seconds, _SLOW) - self._average) * _WEIGHT
        if seconds > _SLOW:
            self._wary = _WARY
        elif self._wary:
            self._wary -= 1
