"""The whole OpenAPI document against random input: no answer of 500 or above, none that the document does not promise (schemathesis)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
import schemathesis
import uvicorn
from hypothesis import strategies
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import postroom
from admin_api import office
from postroom.servers.adminapi.application import application

EXAMPLES = 200 if os.environ.get("POSTROOM_SOAK") else 10
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = application(postroom.__version__).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# what the server of these tests has
THERE: dict[str, Any] = {
    "name": "other.test",
    "account_id": 3,
    "address": "info@example.test",
    "group_id": 1,
    "job_id": 1,
}
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}


@dataclass
class Served:
    url: str
    program: dict[str, str]
    person: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application behind a real HTTP server, in a thread with a loop of its own; a token with every right."""
    folder = tmp_path_factory.mktemp("schema")
    ready = threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        async with office(folder) as opened:
            admin = opened.browser()
            await admin.log_in()
            scopes = (await admin.ask("GET", "/session")).json["scopes"]
            made = await admin.ask("POST", "/tokens", {"name": "all", "scopes": scopes})
            config = uvicorn.Config(opened.guard, port=0, log_level="critical", http="h11", lifespan="off")
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve())
            jobs = asyncio.create_task(opened.app.state.desk.jobs.run())
            while not server.started:  # noqa: ASYNC110 - it has no other sign
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            program = {"authorization": f"Bearer {made.json['token']}"}
            person = {"cookie": f"__Host-postroom={admin.cookie}", "x-csrf-token": admin.csrf}
            found.update(served=Served(f"http://127.0.0.1:{port}", program, person), server=server)
            ready.set()
            await running
            jobs.cancel()
            await asyncio.wait([jobs])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield found["served"]
    found["server"].should_exit = True
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.xdist_group("admin schema")
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_nothing_breaks_and_nothing_is_answered_that_is_not_promised(label: str, served: Served) -> None:
    operation = OPERATIONS[label]

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy(), of_something=strategies.booleans(), as_person=strategies.booleans())
    def asked(case: Any, of_something: bool, as_person: bool) -> None:
        if of_something:  # a random name is hardly ever one that is there
            case.path_parameters.update((name, THERE[name]) for name in case.path_parameters if name in THERE)
        # a session that a call has ended is made anew by none: then 401 is the answer, which is promised too
        who = served.person if as_person and "session" not in label else served.program
        response = case.call(base_url=served.url, headers=who, timeout=30)
        case.validate_response(response, checks=CHECKS)

    asked()


def test_the_document_is_openapi_3_1_and_says_what_each_route_is_for() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    operations = [
        (method, path, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
    ]
    assert len(operations) > 60
    assert [(method, path) for method, path, operation in operations if not operation.get("summary")] == []
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
