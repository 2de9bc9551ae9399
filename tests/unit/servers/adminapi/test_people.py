"""/accounts, /domains, /groups, /aliases: what a browser of an administrator gets, and what that of a domain administrator does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from admin_api import Browser
from postroom.admin.operator import Operator
from postroom.app.adapters import build_adapters
from postroom.app.administration import build_people
from postroom.app.console import build_desk
from postroom.app.folder import DataFolder
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.administration import NewAccount
from postroom.servers.adminapi.application import build_application
from postroom.settings.document import Settings

PASSWORD = "correct horse"
ROOT = Operator("root")


@dataclass
class Place:
    """`admin` administers the server, `keeper` own.test alone."""

    admin: Browser
    keeper: Browser
    stranger: Browser
    ids: dict[str, int]
    group: int
    """all@others.test"""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folder = DataFolder(tmp_path)
    for part in (folder.accounts, folder.staging, folder.queue, folder.certificates, folder.run, folder.bus):
        part.mkdir(parents=True, exist_ok=True)
    adapters = build_adapters(folder, must_exist=False)
    people = build_people(adapters)
    ids: dict[str, int] = {}
    for domain in ("own.test", "others.test"):
        await people.domains.add(ROOT, domain)
    for address, role in (
        ("admin@own.test", Role.ADMINISTRATOR), ("keeper@own.test", Role.DOMAIN_ADMINISTRATOR),
        ("mine@own.test", Role.USER), ("other@others.test", Role.USER),
    ):  # fmt: skip
        ids[address] = await people.accounts.add(ROOT, NewAccount(parse_address(address), PASSWORD, "", role))
    group = await people.groups.add(ROOT, parse_address("all@others.test"), "", "", [])
    await people.aliases.add(ROOT, parse_address("info@others.test"), parse_address("other@others.test"))
    app = build_application(build_desk(adapters, Settings))
    admin, keeper, stranger = Browser(app), Browser(app), Browser(app)
    assert (await admin.log_in("admin@own.test", password=PASSWORD)).status == 200
    assert (await keeper.log_in("keeper@own.test", password=PASSWORD)).status == 200
    yield Place(admin, keeper, stranger, ids, group)
    for client in (admin, keeper, stranger):
        assert all(answer.status < 500 for answer in client.seen)
        for answer in client.seen:
            if answer.status >= 400:
                assert answer.headers["content-type"] == "application/problem+json"
    await adapters.close()


async def test_accounts(place: Place) -> None:
    admin = place.admin
    made = await admin.post(
        "/accounts", {"address": "New@own.test", "password": PASSWORD, "display_name": "Ñew", "quota": 5000}
    )
    assert made.status == 201 and made.json["role"] == "user" and made.json["quota"] == 5000
    path = f"/accounts/{made.json['id']}"
    changed = await admin.patch(
        path, {"quota": None, "disabled": True, "role": "domain-administrator", "address": "neu@own.test"}
    )
    assert changed.status == 200
    item = (await admin.get(path)).json
    assert item == changed.json
    assert (item["quota"], item["disabled"], item["domains"], item["aliases"]) == (
        None,
        True,
        ["own.test"],
        ["New@own.test"],
    )
    assert (item["used"], item["messages"], item["last_login_at"], item["second_factor"]) == (0, 0, None, False)
    assert "password" not in made.body.decode().replace("has_password", "")
    listed = (await admin.get("/accounts?search=%C3%91EW&sort=-address&limit=1")).json
    assert [one["address"] for one in listed["items"]] == ["neu@own.test"] and listed["total"] == 1
    listed = (await admin.get("/accounts?domain=own.test&offset=1&limit=2")).json
    assert ([one["address"] for one in listed["items"]], listed["total"]) == (["keeper@own.test", "mine@own.test"], 4)
    assert (await admin.delete(f"/aliases/{item['aliases'][0]}")).status == 204
    assert (await admin.delete(path)).status == 204
    assert (await admin.get(path)).status == 404
    named = await admin.post("/accounts", {"address": "@own.test", "display_name": "Zoë Çelik"})
    assert named.json["address"] == "zoe.celik@own.test" and not named.json["has_password"]


async def test_app_passwords(place: Place) -> None:
    path = f"/accounts/{place.ids['mine@own.test']}/app-passwords"
    made = await place.keeper.post(path, {"name": "phone", "protocols": ["imap", "smtp"]})
    assert made.status == 201 and len(made.json["password"]) == 23
    listed = await place.keeper.get(path)
    assert listed.json["items"] == [{key: value for key, value in made.json.items() if key != "password"}]
    other = f"/accounts/{place.ids['keeper@own.test']}/app-passwords/{made.json['id']}"
    assert (await place.keeper.delete(other)).status == 404
    assert (await place.keeper.delete(f"{path}/{made.json['id']}")).status == 204
    assert (await place.keeper.get(path)).json == {"items": [], "total": 0}
    assert (await place.admin.delete(f"/accounts/{place.ids['mine@own.test']}/second-factor")).status == 404


async def test_domains_groups_and_aliases(place: Place) -> None:
    admin = place.admin
    assert (await admin.post("/domains", {"name": "Bücher.test"})).json["name"] == "bücher.test"
    changed = await admin.patch(
        "/domains/own.test",
        {"account_quota": 1000, "administrators": ["keeper@own.test", "mine@own.test"], "catch_all": "mine@own.test"},
    )
    assert changed.json["administrators"] == ["keeper@own.test", "mine@own.test"]
    assert (await admin.patch("/domains/own.test", {"catch_all": None})).json["catch_all"] is None
    assert (await admin.get("/domains/own.test")).json["account_quota"] == 1000
    assert [one["name"] for one in (await admin.get("/domains?sort=-name")).json["items"]] == [
        "own.test",
        "others.test",
        "bücher.test",
    ]
    keys = (await admin.get("/domains/own.test/keys")).json["items"]
    assert [key["state"] for key in keys] == ["active", "active"] and "PRIVATE" not in str(keys)
    assert len((await admin.post("/domains/own.test/keys/rotate", {})).json["items"]) == 4
    assert (await admin.post("/domains/own.test/keys/rotate", {})).status == 409
    assert (await admin.delete("/domains/b%C3%BCcher.test".replace("%C3%BC", "ü"))).status == 204

    made = await admin.post("/groups", {"address": "team@own.test", "members": ["mine@own.test", "far@elsewhere.test"]})
    assert made.status == 201 and made.json["member_count"] == 2 and made.json["name"] == "team"
    path = f"/groups/{made.json['id']}"
    changed = await admin.patch(
        path, {"add": ["keeper@own.test"], "remove": ["far@elsewhere.test"], "name": "The team"}
    )
    assert changed.json["members"] == ["keeper@own.test", "mine@own.test"]
    assert [one["name"] for one in (await admin.get("/groups?search=TEAM")).json["items"]] == ["The team"]
    assert (await admin.delete(path)).status == 204

    assert (await admin.post("/aliases", {"address": "a/b@own.test", "target": "mine@own.test"})).status == 201
    assert (await admin.post("/aliases", {"address": "a/b@own.test", "target": "x@elsewhere.test"})).status == 201
    listed = (await admin.get("/aliases?domain=own.test")).json
    assert listed["items"] == [
        {"address": "a/b@own.test", "targets": ["mine@own.test", "x@elsewhere.test"], "domain": "own.test"}
    ]
    assert (await admin.delete("/aliases/a/b@own.test?target=mine@own.test")).status == 204
    assert (await admin.delete("/aliases/a/b@own.test")).status == 204
    assert (await admin.delete("/aliases/a/b@own.test")).status == 404


async def test_a_table(place: Place) -> None:
    table = b"address,name\nnew@own.test,=1+1\nbad,\n"
    shown = await place.admin.post("/accounts/import?dry_run=true", table)
    assert shown.json["counts"] == {"add": 1, "error": 1} and shown.json["rows"][0]["address"] == "new@own.test"
    assert (await place.admin.get("/accounts?search=new@")).json["total"] == 0
    text = await place.keeper.get("/accounts.csv")
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert text.body.decode().count("\n") == 4 and "others.test" not in text.body.decode()
    assert (await place.admin.post("/accounts/import?dry_run=true", b"\xff")).status == 422


def closed_to_the_keeper(place: Place) -> list[tuple[str, str, Any, int]]:
    """Method, path, content, status for whoever administers own.test alone."""
    other, admin, mine = (place.ids[name] for name in ("other@others.test", "admin@own.test", "mine@own.test"))
    password = {"password": "another horse"}
    return [
        ("GET", f"/accounts/{other}", None, 404),
        ("PATCH", f"/accounts/{other}", password, 404),
        ("DELETE", f"/accounts/{other}", None, 404),
        ("GET", f"/accounts/{other}/app-passwords", None, 404),
        ("POST", f"/accounts/{other}/app-passwords", {"name": "x", "protocols": ["imap"]}, 404),
        ("DELETE", f"/accounts/{other}/app-passwords/1", None, 404),
        ("DELETE", f"/accounts/{other}/second-factor", None, 404),
        ("PATCH", f"/accounts/{admin}", password, 403),
        ("DELETE", f"/accounts/{admin}", None, 403),
        ("POST", f"/accounts/{admin}/app-passwords", {"name": "x", "protocols": ["imap"]}, 403),
        ("DELETE", f"/accounts/{admin}/second-factor", None, 403),
        ("PATCH", f"/accounts/{mine}", {"role": "administrator"}, 403),
        ("PATCH", f"/accounts/{mine}", {"domains": ["own.test"]}, 403),
        ("PATCH", f"/accounts/{mine}", {"sending_limit": 0}, 403),
        ("PATCH", f"/accounts/{mine}", {"address": "mine@others.test"}, 404),
        ("POST", "/accounts", {"address": "x@others.test", "password": PASSWORD}, 404),
        ("POST", "/accounts", {"address": "x@own.test", "password": PASSWORD, "role": "administrator"}, 403),
        ("GET", "/accounts?domain=others.test", None, 404),
        ("GET", "/accounts.csv?domain=others.test", None, 404),
        ("GET", "/domains/others.test", None, 404),
        ("PATCH", "/domains/others.test", {"catch_all": "keeper@own.test"}, 404),
        ("PATCH", "/domains/own.test", {"administrators": ["mine@own.test"]}, 403),
        ("PATCH", "/domains/own.test", {"is_primary": True}, 403),
        ("DELETE", "/domains/own.test", None, 403),
        ("POST", "/domains", {"name": "new.test"}, 403),
        ("GET", "/domains/others.test/keys", None, 404),
        ("POST", "/domains/others.test/keys/rotate", {"at_once": True}, 404),
        ("GET", "/domains/others.test/dns", None, 404),
        ("GET", f"/groups/{place.group}", None, 404),
        ("PATCH", f"/groups/{place.group}", {"add": ["keeper@own.test"]}, 404),
        ("DELETE", f"/groups/{place.group}", None, 404),
        ("POST", "/groups", {"address": "x@others.test"}, 404),
        ("POST", "/aliases", {"address": "x@others.test", "target": "keeper@own.test"}, 404),
        ("DELETE", "/aliases/info@others.test", None, 404),
    ]


async def test_what_is_of_others_is_closed(place: Place) -> None:
    before = (await place.admin.get("/audit")).json
    wrong = []
    for method, path, content, status in closed_to_the_keeper(place):
        answer = await place.keeper.ask(method, path, content)
        if answer.status != status:
            wrong.append((method, path, status, answer.status))
    assert wrong == []
    assert (await place.admin.get("/audit")).json == before, "nothing was changed"
    for path in ("/accounts", "/domains", "/groups", "/aliases"):
        assert "others.test" not in (await place.keeper.get(path)).body.decode()


async def test_strangers_get_nothing(place: Place) -> None:
    for method, path, content, _ in closed_to_the_keeper(place):
        assert (await place.stranger.ask(method, path, content)).status == 401
    place.keeper.csrf = "wrong"
    assert (await place.keeper.patch(f"/accounts/{place.ids['mine@own.test']}", {"display_name": "x"})).status == 403


UNKNOWN = [
    ("POST", "/accounts", {"address": "x@own.test", "id": 1}),
    ("POST", "/accounts", {"address": "x@own.test", "password_hash": "x"}),
    ("PATCH", "/accounts/{mine}", {"credential_version": 5}),
    ("PATCH", "/accounts/{mine}", {"display_name": "x", "used": 0}),
    ("POST", "/accounts/{mine}/app-passwords", {"name": "x", "protocols": ["imap"], "password": "chosen"}),
    ("POST", "/domains", {"name": "x.test", "is_primary": True}),
    ("PATCH", "/domains/own.test", {"name": "x.test"}),
    ("POST", "/groups", {"address": "x@own.test", "id": 9}),
    ("POST", "/aliases", {"address": "x@own.test", "target": "mine@own.test", "domain": "others.test"}),
]


@pytest.mark.parametrize(("method", "path", "content"), UNKNOWN, ids=[" ".join(one[:2]) for one in UNKNOWN])
async def test_unknown_fields_are_refused(place: Place, method: str, path: str, content: Any) -> None:
    target = path.replace("{mine}", str(place.ids["mine@own.test"]))
    answer = await place.admin.ask(method, target, content)
    assert answer.status == 422
    (fault,) = answer.json["errors"]
    assert fault["field"] in content


FAULTS = [
    ("POST", "/accounts", {"address": "nonsense"}, "address"),
    ("POST", "/accounts", {"address": "x@own.test", "password": "short"}, "password"),
    ("POST", "/accounts", {"address": "x@own.test", "quota": 0}, "quota"),
    ("POST", "/accounts", {"address": "x@own.test", "role": "king"}, "role"),
    ("POST", "/accounts", {"address": "@own.test", "display_name": "!"}, "display_name"),
    ("PATCH", "/accounts/{mine}", {"display_name": "a\u0001"}, "display_name"),
    ("PATCH", "/accounts/{mine}", {"display_name": None}, "display_name"),
    ("PATCH", "/accounts/{mine}", {"domains": ["own.test"]}, "domains"),
    ("PATCH", "/domains/own.test", {"administrators": ["admin@own.test"]}, "administrators"),
    ("PATCH", "/domains/own.test", {"sending_limit": 0}, "sending_limit"),
    ("POST", "/domains", {"name": "no domain"}, "name"),
    ("POST", "/groups", {"address": "x@own.test", "members": ["nonsense"]}, "members.0"),
    ("POST", "/accounts/{mine}/app-passwords", {"name": "x", "protocols": []}, "protocols"),
    ("POST", "/accounts/{mine}/app-passwords", {"name": " ", "protocols": ["imap"]}, "name"),
    ("GET", "/accounts?sort=shoe_size", None, "sort"),
    ("GET", "/accounts?limit=501", None, "limit"),
    ("GET", "/accounts/99999999999999999999", None, "account_id"),
]


@pytest.mark.parametrize(("method", "path", "content", "field"), FAULTS, ids=[str(one[1:3])[:60] for one in FAULTS])
async def test_a_fault_is_told_at_its_field(place: Place, method: str, path: str, content: Any, field: str) -> None:
    target = path.replace("{mine}", str(place.ids["mine@own.test"]))
    answer = await place.admin.ask(method, target, content)
    assert answer.status == 422
    assert [fault["field"] for fault in answer.json["errors"]] == [field]
