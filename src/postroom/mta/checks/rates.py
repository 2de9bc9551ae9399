"""Rates: how many messages an address, a network or an account has had within the last hour, in memory and bounded.

So many may come at once, and as many an hour come back (a leaky bucket). Time is the loop's monotonic time.
"""

from __future__ import annotations

from collections import OrderedDict

_MOST_REMEMBERED = 50_000  # entries of about 200 octets; the oldest go first


class Rates:
    """One per worker and kind of key."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, per_hour: int, now: float) -> bool:
        """One more, where it is within the limit; 0 is no limit."""
        if not per_hour:
            return True
        count, last = self._counts.pop(key, (0.0, now))
        count = max(0.0, min(count, float(per_hour)) - (now - last) * per_hour / 3600)
        is_free = count <= per_hour - 1  # one whole is left
        self._counts[key] = (count + 1.0 if is_free else count, now)
        if len(self._counts) > _MOST_REMEMBERED:
            self._counts.popitem(last=False)
        return is_free
