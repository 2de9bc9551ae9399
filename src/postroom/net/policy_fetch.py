"""HttpsFetcher: one GET of a small text from a web server, its certificate checked, nothing followed (RFC 8461 §3.3)."""

from __future__ import annotations

import asyncio
import http.client
import io
import ssl
from collections.abc import Callable, Sequence

_PATH = "/.well-known/mta-sts.txt"
_HEAD_ROOM = 16 * 1024  # octets of status line and header
_SECONDS = 60.0  # for all of it: RFC 8461 §3.3 suggests one minute
_CONNECT_SECONDS = 10.0


class HttpsFetcher:
    """`failed` makes the exception that the caller knows; `authorities` names a file of certificate authorities, empty for the machine's."""

    def __init__(
        self, authorities: Callable[[], str], port: Callable[[], int], failed: Callable[[str], Exception]
    ) -> None:
        self._authorities = authorities
        self._port = port
        self._failed = failed

    async def fetch(self, host: str, addresses: Sequence[str], most: int) -> bytes:
        try:
            context = ssl.create_default_context(cafile=self._authorities() or None)
        except (OSError, ssl.SSLError) as error:
            raise self._failed(f"the certificate authorities can't be read: {error}") from None
        reason = "it has no address"
        try:
            async with asyncio.timeout(_SECONDS):
                for address in addresses:
                    try:
                        return await self._get(host, address, context, most)
                    except ssl.SSLCertVerificationError as error:
                        reason = f"its certificate is not trusted: {error.verify_message}"
                    except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
                        reason = str(error) or "no answer"
        except TimeoutError:
            reason = f"no answer within {_SECONDS:g} seconds"
        raise self._failed(reason)

    async def _get(self, host: str, address: str, context: ssl.SSLContext, most: int) -> bytes:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(address, self._port(), ssl=context, server_hostname=host)
        try:
            request = f"GET {_PATH} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: postroom\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"
            writer.write(request.encode("ascii"))
            received = bytearray()
            while len(received) <= most + _HEAD_ROOM and (piece := await reader.read(16 * 1024)):
                received += piece
        finally:
            writer.close()
        return self._body(bytes(received), most)

    def _body(self, received: bytes, most: int) -> bytes:
        response = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read(most + 1)
        except (http.client.HTTPException, ValueError) as error:
            raise self._failed(f"it does not speak HTTP: {error!r}"[:200]) from None
        kind = response.headers.get_content_type()
        if response.status != 200:
            raise self._failed(f"it answers {response.status}")
        if kind != "text/plain":
            raise self._failed(f"it serves {kind}, not text/plain"[:200])
        if len(body) > most:
            raise self._failed(f"it serves more than {most} octets")
        return body


class _Received:
    """What http.client takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
