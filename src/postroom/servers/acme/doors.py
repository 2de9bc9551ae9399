"""The doors "acme_http" (HTTP-01) and "acme_tls" (TLS-ALPN-01)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from postroom.model.ids import SessionId
from postroom.net.acme.answers import HTTP, TLS, AnswerFolder
from postroom.servers.connection import Connection
from postroom.servers.listener import Admission, Door
from postroom.servers.live import Live

NAMES = {HTTP: "acme_http", TLS: "acme_tls"}
_MOST = 8192  # octets of a request
_SECONDS = 10.0
_REQUEST = re.compile(rb"GET /\.well-known/acme-challenge/([A-Za-z0-9_-]{1,128}) HTTP/1\.[01]\r?\n")


def acme_doors(live: Live, answers: AnswerFolder) -> dict[str, Door]:
    """By the names of their listeners."""

    def proving() -> Admission:
        return replace(live.admission(NAMES[TLS]), context=answers.tls_context())

    plain: Callable[[], Admission] = partial(live.admission, NAMES[HTTP])
    return {
        NAMES[HTTP]: Door(NAMES[HTTP], "acme", plain, b"", partial(_answer, answers)),
        NAMES[TLS]: Door(NAMES[TLS], "acme", proving, b"", _leave),
    }


async def _answer(answers: AnswerFolder, connection: Connection, session_id: SessionId) -> None:
    """One request, one reply."""
    request = b""
    try:
        async with asyncio.timeout(_SECONDS):
            while b"\r\n\r\n" not in request and len(request) <= _MOST:
                data = await connection.read(_SECONDS)
                if not data:
                    return
                request += data
    except TimeoutError:
        return
    found = _REQUEST.match(request)
    answer = answers.http(found[1].decode("ascii")) if found else None
    status, body = (b"200 OK", answer) if answer is not None else (b"404 Not Found", b"not found\n")
    connection.write(
        b"HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
        % (status, len(body), body)
    )
    await connection.drain()


async def _leave(connection: Connection, session_id: SessionId) -> None:
    """All was said in the handshake (RFC 8737 §3)."""
