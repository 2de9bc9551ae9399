"""Site: which application answers which path."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.servers.http.guard import App, Receive, Scope, Send
from postroom.servers.http.pages import redirect


class Site:
    """`places` are (beginning of the path, application); everything else goes to `rest`, and the bare root to `home`."""

    def __init__(self, places: Sequence[tuple[str, App]], rest: App, home: str) -> None:
        self._places = places
        self._rest = rest
        self._home = home

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/" or path == self._home.rstrip("/"):
            await redirect(send, self._home)
            return
        for beginning, app in self._places:
            if path.startswith(beginning):
                await app(scope, receive, send)
                return
        await self._rest(scope, receive, send)
