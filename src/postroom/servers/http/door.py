"""The HTTP door: an ASGI application behind a listener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from uvicorn.server import ServerState

from postroom.model.ids import SessionId
from postroom.servers.connection import Connection
from postroom.servers.http.guard import Guard
from postroom.servers.http.protocol import BoundedHttp, http_config
from postroom.servers.listener import Admission, Door


def http_door(
    name: str,
    app: Any,
    admission: Callable[[], Admission],
    bounds: Sequence[tuple[str, str, int]],
) -> Door:
    """For `bounds` see Guard."""
    config = http_config(Guard(app, bounds))
    state = ServerState()

    async def serve(connection: Connection, session_id: SessionId) -> None:
        protocol = BoundedHttp(config, state, connection.peer)
        connection.hand_over(protocol, protocol.shutdown)
        await protocol.ended

    return Door(name, "http", admission, b"", serve)
