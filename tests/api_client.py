"""A browser at the admin API, without a network: one application called in this process, a cookie, the token of its pages."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

HOST = "console.example.test"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ApiClient:
    """`app` is what build_application gives, or what stands around it."""

    app: Any
    cookie: str = ""
    csrf: str = ""
    bearer: str = ""
    address: str = "192.0.2.7"
    seen: list[Answer] = field(default_factory=list)

    async def login(self, login: str, password: str, code: str = "") -> Answer:
        answer = await self.request("POST", "/api/v1/session", {"login": login, "password": password, "code": code})
        if answer.status == 200:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
            self.csrf = answer.json["csrf_token"]
        return answer

    async def get(self, path: str) -> Answer:
        return await self.request("GET", f"/api/v1{path}")

    async def post(self, path: str, content: Any = None) -> Answer:
        return await self.request("POST", f"/api/v1{path}", content)

    async def patch(self, path: str, content: Any) -> Answer:
        return await self.request("PATCH", f"/api/v1{path}", content)

    async def delete(self, path: str) -> Answer:
        return await self.request("DELETE", f"/api/v1{path}")

    async def request(self, method: str, target: str, content: Any = None) -> Answer:
        """Bytes go as they are, anything else as JSON."""
        parts = urlsplit(target)
        body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        fields = {"host": HOST, "content-length": str(len(body))}
        fields["content-type"] = "text/csv" if isinstance(content, bytes) else "application/json"
        if self.cookie:
            fields |= {"cookie": self.cookie, "x-csrf-token": self.csrf}
        if self.bearer:
            fields["authorization"] = f"Bearer {self.bearer}"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "client": (self.address, 1),
            "server": (HOST, 443),
        }
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.Event().wait()  # it stays until it has the answer
            return waiting.pop()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        answer = Answer(sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:]))
        self.seen.append(answer)
        return answer
