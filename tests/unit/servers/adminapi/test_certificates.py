"""Certificates and orders by the API: what is kept, what is refused in words, and that no key comes out again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from admin_api import Browser, Office
from authority import Authority
from postroom.admin.operator import Scope
from postroom.model.security.acme import AcmeOrder


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def pair(authority: Authority, *names: str) -> dict[str, str]:
    chain, key = authority.pair(*names)
    return {"chain": chain.decode(), "key": key.decode()}


async def items(admin: Browser) -> dict[str, Any]:
    found = (await admin.ask("GET", "/certificates")).json
    assert found["total"] == len(found["items"])
    return {one["name"]: one for one in found["items"]}


async def test_added_made_the_default_and_removed(desk: Office, admin: Browser, authority: Authority) -> None:
    given = pair(authority, "mail.example.test", "*.example.test")
    checked = await admin.ask("POST", "/certificates/check", given)
    assert checked.status == 200
    assert checked.json["names"] == ["mail.example.test", "*.example.test"]
    assert list(await items(admin)) == ["default"], "a check keeps nothing"
    added = await admin.ask("POST", "/certificates", {**given, "name": "real"})
    assert (added.status, added.json["source"], added.json["is_default"]) == (201, "upload", False)
    assert added.json["key"] == "EC P-256"
    assert (await admin.ask("PUT", "/certificates/real/default")).status == 204
    assert desk.settings().certificates.default == "real"
    assert (await admin.ask("DELETE", "/certificates/real")).status == 409
    found = await items(admin)
    assert (found["real"]["is_default"], found["default"]["source"]) == (True, "self-signed")
    assert (await admin.ask("DELETE", "/certificates/default")).status == 204
    assert list(await items(admin)) == ["real"]
    lines = (await admin.ask("GET", "/audit?search=certificate")).json["items"]
    assert [(line["what"], line["address"]) for line in lines] == [
        ("certificate removed", "192.0.2.7"),
        ("settings changed", "192.0.2.7"),
        ("certificate added", "192.0.2.7"),
    ]


async def test_a_key_never_comes_out(desk: Office, admin: Browser, authority: Authority) -> None:
    given = pair(authority, "www.example.test")
    answers = [await admin.ask("POST", "/certificates", given)]
    for path in ("/certificates", "/certificates/www.example.test", "/audit", "/settings/history"):
        answers.append(await admin.ask("GET", path))
    broken = {**given, "key": given["key"].replace("A", "B")}
    answers.append(await admin.ask("POST", "/certificates/check", broken))
    assert answers[-1].status == 422
    secret = given["key"].splitlines()[1][8:40].encode()
    assert not any(secret in answer.body or b"PRIVATE KEY-----\\n" in answer.body for answer in answers)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"chain": "nothing"}, "chain"),
        ({"key": "nothing"}, "key"),
        ({"chain": "x" * 65537}, "chain"),
        ({"key": "x" * 65537}, "key"),
        ({"name": "../../etc/cron.d/x"}, "name"),
        ({"name": "A B"}, "name"),
        ({"name": ""}, "chain"),
        ({"source": "acme"}, "source"),
        ({"is_default": True}, "is_default"),
    ],
)
async def test_a_refusal_names_the_field_and_keeps_nothing(
    admin: Browser, authority: Authority, change: dict[str, Any], field: str
) -> None:
    given = {**pair(authority, "www.example.test"), **change}
    if change == {"name": ""}:
        given["chain"] = "nothing"  # an empty name is none
    answer = await admin.ask("POST", "/certificates", given)
    assert answer.status == 422, answer.body
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert list(await items(admin)) == ["default"]


@pytest.mark.parametrize("name", ["absent", "..", "%2e%2e%2fserver.sqlite", "default%00", "x" * 64])
async def test_what_is_not_there(admin: Browser, name: str) -> None:
    for method, path in (("GET", name), ("DELETE", name), ("PUT", f"{name}/default")):
        assert (await admin.ask(method, f"/certificates/{path}")).status in (404, 405, 422)


async def test_an_order_is_a_job_that_ends_with_it(desk: Office, admin: Browser, authority: Authority) -> None:
    wish = {"names": ["Mail.Example.TEST.", "b\u00fccher.example.test"], "challenge": "http-01", "agree": True}
    name = "mail.example.test"
    async with asyncio.TaskGroup() as group:
        running = group.create_task(desk.app.state.desk.jobs.run())
        started = await admin.ask("POST", "/acme/orders", wish)
        assert (started.status, started.json["state"]) == (202, "running")
        assert (await admin.ask("POST", "/acme/orders", wish)).status == 409, "it is being ordered"
        kept = await placed(desk)
        assert kept.names == (name, "xn--bcher-kva.example.test")
        shown = (await admin.ask("GET", f"/certificates/{name}")).json
        assert (shown["source"], shown["problems"], shown["not_after"]) == ("acme", ["being ordered"], None)
        assert (await admin.ask("PUT", f"/certificates/{name}/default")).status == 409
        late = kept.next_try_at + 600
        await desk.adapters.acme.note_result(replace(kept, fault="the authority sleeps", next_try_at=late))
        assert await ended(admin, started.json["id"]) == ("failed", "the authority sleeps", {})
        assert (await admin.ask("GET", "/acme")).json["orders"][0]["state"] == "failed"
        again = await admin.ask("POST", f"/acme/orders/{name}/renew")
        assert again.status == 202
        kept = await placed(desk)
        await desk.adapters.acme.note_result(replace(kept, renew_at=2_000_000_000, next_try_at=2_000_000_000))
        result = {"certificate": name, "renew_at": 2_000_000_000}
        assert (await ended(admin, again.json["id"]))[::2] == ("done", result)
        running.cancel()
    # an upload of that name is no order any more
    await admin.ask("POST", "/certificates", pair(authority, name))
    assert (await admin.ask("GET", "/acme")).json["orders"] == []
    assert (await admin.ask("POST", f"/acme/orders/{name}/renew")).status == 404


async def placed(desk: Office) -> AcmeOrder:
    """The order, once the job has placed it."""
    for _ in range(500):
        orders = desk.adapters.acme.orders()
        if orders and not orders[0].fault:
            return orders[0]
        await asyncio.sleep(0.01)
    raise AssertionError("it was not placed")


async def ended(admin: Browser, number: int) -> tuple[str, str, Any]:
    for _ in range(100):
        job = (await admin.ask("GET", f"/jobs/{number}")).json
        if job["state"] != "running":
            return job["state"], job["text"], job["result"]
        await asyncio.sleep(0.05)
    raise AssertionError("it did not end")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"agree": False}, "agree"),
        ({"names": []}, "names"),
        ({"names": ["mail.example.test"] * 101}, "names"),
        ({"names": ["*.example.test"]}, "names"),
        ({"names": ["localhost"]}, "names"),
        ({"names": ["192.0.2.1 x"]}, "names"),
        ({"names": ["a..b"]}, "names"),
        ({"names": ["-a.test"]}, "names"),
        ({"challenge": "dns-01"}, "challenge"),
        ({"challenge": "none-01"}, "challenge"),
        ({"directory": "http://ca.test/"}, "certificates.acme_directory"),
        ({"directory": "file:///etc/passwd"}, "certificates.acme_directory"),
        ({"email": "a@b,c@d"}, "certificates.acme_email"),
        ({"name": "../x"}, "name"),
        ({"next_try_at": 1}, "next_try_at"),
    ],
)
async def test_an_order_that_cannot_be(admin: Browser, change: dict[str, Any], field: str) -> None:
    wish = {"names": ["mail.example.test"], "challenge": "http-01", "agree": True, **change}
    answer = await admin.ask("POST", "/acme/orders", wish)
    assert answer.status == 422, answer.body
    assert {error["field"] for error in answer.json["errors"]} == {field}
    assert (await admin.ask("GET", "/acme")).json["orders"] == []


async def test_who_may(desk: Office, admin: Browser, authority: Authority) -> None:
    keeper = desk.browser()
    assert (await keeper.log_in("keeper")).status == 200
    read = {"name": "reader", "scopes": [Scope.SECURITY_READ.value]}
    reader = desk.browser(token=(await admin.ask("POST", "/tokens", read)).json["token"])
    given = pair(authority, "www.example.test")
    wish = {"names": ["mail.example.test"], "challenge": "http-01", "agree": True}
    reads = [
        ("GET", "/certificates", None),
        ("GET", "/certificates/default", None),
        ("POST", "/certificates/check", given),
        ("GET", "/acme", None),
        ("GET", "/tls", None),
        ("POST", "/tls/refused", {}),
    ]
    writes = [
        ("POST", "/certificates", given),
        ("DELETE", "/certificates/default", None),
        ("PUT", "/certificates/default/default", None),
        ("POST", "/acme/orders", wish),
        ("POST", "/acme/orders/x/renew", None),
    ]
    for method, path, body in reads + writes:
        assert (await desk.browser().ask(method, path, body)).status == 401, path
        assert (await keeper.ask(method, path, body)).status == 403, path
        assert ((await reader.ask(method, path, body)).status == 403) == ((method, path, body) in writes), path
    assert list(await items(admin)) == ["default"]
