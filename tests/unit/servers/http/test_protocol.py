"""HTTP over our listener: heads that drip, requests in any pieces, and the pages."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from uvicorn.server import ServerState

from postroom.model.session import Peer
from postroom.servers.http import guard, protocol
from postroom.servers.http.guard import Guard
from postroom.servers.http.pages import Pages
from postroom.servers.http.protocol import BoundedHttp, http_config
from postroom.servers.http.site import Site

PEER = Peer(ipaddress.ip_address("192.0.2.7"), 5, ipaddress.ip_address("192.0.2.1"), 443)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]}
    )
    await send({"type": "http.response.body", "body": body})


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("a secret")


class Line:
    """A client and the protocol at the other end."""

    def __init__(self, app: Any) -> None:
        self.protocol: BoundedHttp | None = None
        self._config = http_config(Guard(app))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()

        def make() -> BoundedHttp:
            self.protocol = BoundedHttp(self._config, ServerState(), PEER)
            return self.protocol

        self._server = await loop.create_server(make, "127.0.0.1", 0)
        return await asyncio.open_connection(*self._server.sockets[0].getsockname()[:2])

    def close(self) -> None:
        self._server.close()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    made = Line(echo)
    yield made
    made.close()


REQUEST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_any_split_of_a_request_is_the_same_request(line: Line, size: int) -> None:
    reader, writer = await line.connect()
    for _ in range(2):
        for start in range(0, len(REQUEST), size):
            writer.write(REQUEST[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200") and b"x-frame-options: DENY" in head
            assert await reader.readexactly(5) == b"hello"
    writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
async def test_a_head_that_does_not_come_ends_the_connection(
    line: Line, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_HEAD_DEADLINE", 0.2)
    reader, writer = await line.connect()
    writer.write(sent)

    async def drip() -> None:
        while not writer.is_closing():
            writer.write(b"a" if sent else b"")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(5):
        await reader.read()
    writer.close()
    await dripping


async def test_a_second_head_that_drips_ends_the_connection_too(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = await line.connect()
    writer.write(REQUEST)
    async with asyncio.timeout(5):
        await reader.readuntil(b"hello")
        monkeypatch.setattr(protocol, "_HEAD_DEADLINE", 0.1)
        writer.write(b"GET /")
        assert await reader.read() == b""
    writer.close()


async def test_a_body_that_does_not_come_is_told(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_BODY_DEADLINE", 0.1)
    reader, writer = await line.connect()
    writer.write(REQUEST[:-2])
    async with asyncio.timeout(5):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408")
    writer.close()


async def test_a_fault_is_told_with_a_reference_and_nothing_else() -> None:
    made = Line(broken)
    reader, writer = await made.connect()
    writer.write(REQUEST)
    async with asyncio.timeout(5):
        answer = await reader.read(4096)
    assert answer.startswith(b"HTTP/1.1 500") and b"secret" not in answer and b"the log has it as" in answer
    writer.close()
    made.close()


async def asked(app: Any, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await app({"type": "http", "method": method, "path": path, "headers": fields}, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "pages"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>index")
    (folder / "assets" / "app-1a2b.js").write_text("let a = 1;" * 1000)
    (tmp_path / "secret.txt").write_text("secret")
    return Site([("/console/", Pages(folder, "/console/"))], echo, "/console/")


async def test_pages_are_looked_up_by_name(site: Site) -> None:
    status, headers, body = await asked(site, "/console/")
    assert (status, body) == (200, b"<!doctype html>index")
    assert headers["cache-control"] == "no-cache" and headers["content-type"] == "text/html; charset=utf-8"
    assert (await asked(site, "/console/", if_none_match=headers["etag"]))[0] == 304
    for place in ("/console/domains/example.test", "/console/queue/3"):
        assert (await asked(site, place))[2] == b"<!doctype html>index"
    status, headers, body = await asked(site, "/console/assets/app-1a2b.js", accept_encoding="gzip, br")
    assert headers["content-encoding"] == "gzip" and "immutable" in headers["cache-control"] and len(body) < 1000
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert (await asked(site, "/console/assets/app-1a2b.js"))[2] == b"let a = 1;" * 1000
    for gone in ("/console/assets/gone.js", "/console/old.js", "/console/assets/../../secret.txt"):
        assert (await asked(site, gone))[0] == 404
    assert (await asked(site, "/console/../secret.txt"))[2] == b"<!doctype html>index"
    assert (await asked(site, "/console/", "POST"))[0] == 405
    status, headers, body = await asked(site, "/console/", "HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", "20")


async def test_the_root_leads_to_the_console(site: Site) -> None:
    for path in ("/", "/console"):
        status, headers, _ = await asked(site, path)
        assert (status, headers["location"]) == (307, "/console/")
    assert (await asked(site, "/api/v1/x"))[0] == 200


async def test_pages_that_are_not_built_say_so(tmp_path: Path) -> None:
    status, _, body = await asked(Pages(tmp_path / "none", "/console/"), "/console/")
    assert status == 200 and b"make ui" in body
