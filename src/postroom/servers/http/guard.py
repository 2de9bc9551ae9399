"""Guard: the outermost layer of an HTTP application: bounds and deadlines of bodies, headers that every answer carries, and no fault that ends a connection.

Clickjacking, sniffing, framing and foreign scripts are forbidden by header (OWASP Secure Headers); the pages have neither inline script nor inline style.
"""

from __future__ import annotations

import asyncio
import http
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import structlog
from starlette.exceptions import HTTPException

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 1024 * 1024  # octets, where a route has no bound of its own
_BODY_DEADLINE = 300.0  # seconds for a whole body
_WRITE_DEADLINE = 120.0  # seconds for a client to take what waits
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"strict-transport-security", b"max-age=31536000"),
]
_TOO_SLOW = "the request did not come in time"
_VERSIONS = ("1.0", "1.1")


class _Refused(HTTPException):
    """Of a kind that frameworks let through while they read a body."""


class Guard:
    """Wraps an application; `bounds` are (method, beginning of the path, octets) of routes that take more than MAX_BODY."""

    def __init__(self, app: App, bounds: Sequence[tuple[str, str, int]] = ()) -> None:
        self._app = app
        self._bounds = bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        if scope["http_version"] not in _VERSIONS:
            await answer.problem(505, "this version of HTTP is not spoken here")
            return
        if _has_two_lengths(scope):
            await answer.problem(400, "a length and a transfer coding at once")
            return
        body = _Body(receive, self._bound(scope), _declared(scope))
        try:
            body.check()
            await self._app(scope, body.receive, answer.send)
        except _Refused as error:
            await answer.problem(error.status_code, error.detail)
        except TimeoutError:
            log.info("request too slow", method=scope["method"], path=scope["path"][:200])
            await answer.problem(408, _TOO_SLOW)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("request failed", method=scope["method"], path=scope["path"][:200], reference=reference)
            await answer.problem(500, f"internal error; the log has it as {reference}")

    def _bound(self, scope: Scope) -> int:
        for method, path, octets in self._bounds:
            if scope["method"] == method and scope["path"].startswith(path):
                return octets
        return MAX_BODY


class _Body:
    def __init__(self, receive: Receive, bound: int, declared: int) -> None:
        self._receive = receive
        self._declared = declared
        self._taken = 0
        self._deadline: float | None = None
        self._done = False
        self._bound = bound

    def check(self) -> None:
        if self._declared > self._bound:
            raise _Refused(413, f"at most {self._bound} octets are taken here")

    async def receive(self) -> Message:
        loop = asyncio.get_running_loop()
        if self._deadline is None:
            self._deadline = loop.time() + _BODY_DEADLINE
        if self._done:
            return await self._receive()  # waits for the client to go: an answer that streams may last
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _Refused(408, _TOO_SLOW) from None
        self._taken += len(message.get("body", b""))
        if self._taken > self._bound:
            raise _Refused(413, f"at most {self._bound} octets are taken here")
        self._done = not message.get("more_body", False)
        return message


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            own = {name for name, _ in message.get("headers", [])}
            headers = [*message.get("headers", []), *((name, value) for name, value in _HEADERS if name not in own)]
            if b"cache-control" not in own:
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        async with asyncio.timeout(_WRITE_DEADLINE):
            await self._send(message)

    async def problem(self, status: int, detail: str) -> None:
        """Where an answer has begun, nothing: what returns without its end is closed by the protocol."""
        if self._started:
            return
        title = http.HTTPStatus(status).phrase
        body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()
        fields = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        await self.send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": body})


def _has_two_lengths(scope: Scope) -> bool:
    """A length and a transfer coding: where two servers read the end differently, one smuggles a request past the other (RFC 9112 §6.1)."""
    names = {name for name, _ in scope["headers"]}
    return b"content-length" in names and b"transfer-encoding" in names


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else MAX_BODY + 1
    return 0
