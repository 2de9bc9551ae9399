"""BoundedHttp: uvicorn's HTTP/1.1 protocol with a deadline for the head of each request (a client that drips it is dropped)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from postroom.model.session import Peer

_HEAD_DEADLINE = (
    20.0  # seconds from the first octet of a request to the end of its head, or from the connection to the first octet
)
_KEEP_ALIVE = 75  # seconds that a connection without a request is kept
MAX_HEAD = 32 * 1024  # octets of a request's line and fields


def http_config(app: Any) -> Config:
    """What every connection of one application shares."""
    config = Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # a front is believed by the PROXY protocol alone
        timeout_keep_alive=_KEEP_ALIVE,
        h11_max_incomplete_event_size=MAX_HEAD,
    )
    config.load()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # what goes wrong is told by the guard
    return config


class BoundedHttp(H11Protocol):
    """One connection; `ended` is done when it is gone."""

    def __init__(self, config: Config, state: ServerState, peer: Peer) -> None:
        super().__init__(config, state, {})
        self._peer = peer
        self._head_timer: asyncio.TimerHandle | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.client = (str(self._peer.address), self._peer.port)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        elif self._head_timer is None and self.conn.their_state is h11.IDLE:
            self._wait_for_head()  # part of a head has come

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)
        if not self.ended.done():
            self.ended.set_result(None)

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(_HEAD_DEADLINE, self._head_too_slow)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_too_slow(self) -> None:
        self._head_timer = None
        if not self._is_answering():
            self.transport.close()

    def _is_answering(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)  # None before the first request, whatever its type says
        return cycle is not None and not cycle.response_complete
