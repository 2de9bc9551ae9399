"""Hub: the ChangeFeed of one worker. A notice goes to the watchers here at once, and through `forward` to the other workers where the account is watched."""

from __future__ import annotations

import time
from collections.abc import Callable

from postroom.model.email import ChangeNotice
from postroom.notify.watched import WatchTable

_FOLLOWED = 0.5  # seconds between two notices of an account to the follower, which lets one settle for longer (index/follower.py)
_REMEMBERED = 10_000  # accounts
Callback = Callable[[ChangeNotice], None]


class Hub:
    """See model.ports.ChangeFeed; all calls on the loop."""

    def __init__(
        self,
        forward: Callable[[ChangeNotice], None] | None = None,
        watched: WatchTable | None = None,
        follow: Callable[[ChangeNotice], None] | None = None,
    ) -> None:
        """`follow` is told of every account that changes, now and then while it goes on changing."""
        self._watchers: dict[int, list[Callback]] = {}
        self._forward = forward
        self._watched = watched
        self._follow = follow
        self._followed_at: dict[int, float] = {}

    def publish(self, notice: ChangeNotice) -> None:
        self.deliver(notice)
        if self._follow is not None:
            self._tell_follower(notice)
        if self._forward is None:
            return
        if self._watched is None or self._watched.is_watched_elsewhere(notice.account_id):
            self._forward(notice)

    def _tell_follower(self, notice: ChangeNotice) -> None:
        now = time.monotonic()
        if now - self._followed_at.get(notice.account_id, -_FOLLOWED) < _FOLLOWED:
            return  # it was told a moment ago, and waits longer than that before it looks
        if len(self._followed_at) > _REMEMBERED:
            self._followed_at.clear()
        self._followed_at[notice.account_id] = now
        assert self._follow is not None
        self._follow(notice)

    def deliver(self, notice: ChangeNotice) -> None:
        """A notice that came from another worker."""
        for callback in tuple(self._watchers.get(notice.account_id, ())):
            callback(notice)

    def watch(self, account_id: int, callback: Callback) -> Callable[[], None]:
        watchers = self._watchers.setdefault(account_id, [])
        watchers.append(callback)
        if self._watched is not None:
            self._watched.add(account_id)

        def stop() -> None:
            if callback in watchers:
                watchers.remove(callback)
                if self._watched is not None:
                    self._watched.remove(account_id)
            if not watchers and self._watchers.get(account_id) is watchers:
                del self._watchers[account_id]

        return stop
