"""The admin API in one process, without a network: the application over real adapters, and a browser that remembers its cookie."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from postroom.app import Adapters, DataFolder, build_adapters
from postroom.app.console import build_desk
from postroom.directory import changes
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.operation.health import STATUS_NAME
from postroom.net import certificates
from postroom.servers.adminapi.application import BOUNDS, PREFIX, build_application
from postroom.servers.http.guard import Guard
from postroom.settings.document import Settings

PASSWORD = "correct horse battery"
PEOPLE = {"admin": Role.ADMINISTRATOR, "keeper": Role.DOMAIN_ADMINISTRATOR, "alice": Role.USER}
_STATUS = {
    "pid": 1, "since": 1, "port_offset": 0, "settings_version": 0, "workers": [], "console": [], "indexer": [],
    "listeners": [{"door": "imaps", "address": "127.0.0.1", "port": 993, "open": True, "error": ""}],
}  # fmt: skip


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """Sends requests as one browser or program would; `csrf` is what its pages show."""

    app: Any
    address: str = "192.0.2.7"
    cookie: str = ""
    csrf: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[Answer] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` is below the API's prefix, or begins with //, which is cut to the root."""
        path = path[1:] if path.startswith("//") else PREFIX + path
        given = {
            "host": "console.test",
            **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if self.cookie:
            given.setdefault("cookie", f"__Host-postroom={self.cookie}")
        if self.csrf:
            given.setdefault("x-csrf-token", self.csrf)
        if self.token:
            given.setdefault("authorization", f"Bearer {self.token}")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if body is not None:
            given.setdefault("content-type", "application/json")
        answer = await _call(self.app, method, path, data, given, self.address)
        self.seen.append(answer)
        for part in answer.headers.get("set-cookie", "").split("; "):
            if part.startswith("__Host-postroom="):
                self.cookie = part.partition("=")[2].strip('"')
        return answer

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None) -> Answer:
        return await self.ask("POST", path, body)

    async def patch(self, path: str, body: Any) -> Answer:
        return await self.ask("PATCH", path, body)

    async def delete(self, path: str) -> Answer:
        return await self.ask("DELETE", path)

    async def log_in(self, name: str = "admin", **more: str) -> Answer:
        """`name` of example.test, or a whole address."""
        answer = await self.ask(
            "POST", "/session", {"login": name if "@" in name else f"{name}@example.test", "password": PASSWORD, **more}
        )
        if answer.status == 200:
            self.csrf = answer.json["csrf_token"]
        return answer


@dataclass
class Office:
    """The API with what is behind it."""

    adapters: Adapters
    app: Any
    guard: Any

    def browser(self, **words: Any) -> Browser:
        return Browser(self.guard, **words)

    def settings(self) -> Settings:
        return self.adapters.settings.current()[1]


@contextlib.asynccontextmanager
async def office(folder: Path) -> AsyncIterator[Office]:
    """example.test with an administrator, one of its domain, and a user; other.test, which is nobody's but the administrator's."""
    adapters = build_adapters(DataFolder(folder), must_exist=False)
    try:
        (folder / "run" / STATUS_NAME).write_text(json.dumps(_STATUS))
        certificates.ensure_self_signed(folder / "certificates", "mail.example.test", adapters.clock.now())
        proof = changes.credential(PASSWORD)
        for domain in ("example.test", "other.test"):
            await adapters.database.write(lambda transaction, name=domain: changes.add_domain(transaction, name))  # type: ignore[misc]
        for name, role in PEOPLE.items():
            address = parse_address(f"{name}@example.test")
            account_id = await adapters.database.write(
                lambda transaction, name=name, address=address, role=role: changes.add_account(  # type: ignore[misc]
                    transaction, address, proof, role, name.title(), 0
                )
            )
            await adapters.store.prepare_account(account_id)
            if role is Role.DOMAIN_ADMINISTRATOR:
                await adapters.database.write(
                    lambda transaction, account_id=account_id: transaction.execute(  # type: ignore[misc]
                        "INSERT INTO domain_administrator VALUES ('example.test', ?)", (account_id,)
                    )
                )
        app = build_application(build_desk(adapters, lambda: adapters.settings.current()[1]))
        yield Office(adapters, app, Guard(app, BOUNDS))
    finally:
        await adapters.close()


async def _call(app: Any, method: str, path: str, body: bytes, headers: dict[str, str], address: str) -> Answer:
    target, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https",
        "path": target, "raw_path": target.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": (address, 4321), "server": ("console.test", 443),
    }  # fmt: skip
    sent: list[Any] = []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if not given:
            await asyncio.Event().wait()  # the client stays until it has the answer
        return given.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    content = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(
        start["status"], {name.decode(): value.decode("latin-1") for name, value in start["headers"]}, content
    )
