"""Hub: the ChangeFeed of one worker. A notice goes to the watchers here at once, and through `forward` to the other workers where the account is watched."""

from __future__ import annotations

from collections.abc import Callable

from postroom.model.email import ChangeNotice
from postroom.notify.watched import WatchTable

Callback = Callable[[ChangeNotice], None]


class Hub:
    """See model.ports.ChangeFeed; all calls on the loop."""

    def __init__(
        self, forward: Callable[[ChangeNotice], None] | None = None, watched: WatchTable | None = None
    ) -> None:
        self._watchers: dict[int, list[Callback]] = {}
        self._forward = forward
        self._watched = watched

    def publish(self, notice: ChangeNotice) -> None:
        self.deliver(notice)
        if self._forward is None:
            return
        if self._watched is None or self._watched.is_watched_elsewhere(notice.account_id):
            self._forward(notice)

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
