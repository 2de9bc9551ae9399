"""Settings by the API: read, validate, change as a whole, history, undo, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api import Browser, Office


def field(answer: Any, path: str) -> Any:
    return next(one for page in answer.json["pages"] for one in page["fields"] if one["path"] == path)


async def test_every_setting_with_what_a_form_needs(admin: Browser) -> None:
    answer = await admin.ask("GET", "/settings")
    port = field(answer, "imap_pop3.imaps.port")
    assert (port["type"], port["value"], port["minimum"], port["maximum"]) == ("number", 993, 1, 65535)
    assert port["group_title"] == "IMAP SSL/TLS"
    profile = field(answer, "security.tls_profile")
    assert (profile["type"], profile["options"]) == ("choice", ["modern", "intermediate", "old"])
    assert field(answer, "relay.smart_host_password")["type"] == "secret"


async def test_a_change_is_saved_as_a_whole_told_and_undone(desk: Office, admin: Browser) -> None:
    changes = {"smtp.banner": "Hello", "imap_pop3.max_connections": 7}
    tried = await admin.ask("POST", "/settings/validate", {"changes": changes})
    assert len(tried.json["changed"]) == 2 and desk.settings().smtp.banner == "Postroom"
    done = await admin.ask("PATCH", "/settings", {"version": 0, "changes": changes})
    assert done.json["version"] == 1
    assert {"path": "smtp.banner", "title": "Banner", "old": "Postroom", "new": "Hello"} in done.json["changed"]
    assert desk.settings().smtp.banner == "Hello"
    late = await admin.ask("PATCH", "/settings", {"version": 0, "changes": {"smtp.banner": "x"}})
    assert late.status == 409
    history = await admin.ask("GET", "/settings/history")
    assert history.json["total"] == 1
    assert history.json["items"][0]["changed_by"] == "admin@example.test"
    assert len(history.json["items"][0]["changed"]) == 2
    undone = await admin.ask("POST", "/settings/undo", {"version": 1})
    assert undone.json["version"] == 2 and desk.settings().smtp.banner == "Postroom"
    assert (await admin.ask("POST", "/settings/undo", {"version": 1})).status == 409
    audit = await admin.ask("GET", "/audit?search=settings%20banner")
    assert [(line["what"], line["address"]) for line in audit.json["items"]] == [("settings changed", "192.0.2.7")] * 2


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"smtp.mx.port": 0}, "smtp.mx.port"),
        ({"smtp.mx.port": "x"}, "smtp.mx.port"),
        ({"smtp.mx.port": True}, "smtp.mx.port"),
        ({"smtp.mx.port": 65536}, "smtp.mx.port"),
        ({"smtp.server_name": "a b"}, "smtp.server_name"),
        ({"smtp.banner": "a\r\nb"}, "smtp.banner"),
        ({"security.tls_profile": "best"}, "security.tls_profile"),
        ({"console.address": "::zz"}, "console.address"),
        ({"console.networks": ["198.51.100.0/24"]}, "console.networks"),
    ],
)
async def test_a_refusal_names_the_field_and_changes_nothing(
    desk: Office, admin: Browser, changes: dict[str, Any], where: str
) -> None:
    for method, path in (("POST", "/settings/validate"), ("PATCH", "/settings")):
        answer = await admin.ask(method, path, {"changes": {"smtp.max_hops": 60, **changes}})
        assert answer.status == 422, answer.body
        assert [error["field"] for error in answer.json["errors"]] == [where]
    assert desk.settings().smtp.max_hops == 50


@pytest.mark.parametrize(
    "body",
    [
        {"changes": {}},
        {"changes": {"no.such": 1}},
        {"changes": {"smtp": {"banner": "x"}}},
        {"changes": {"smtp.__class__": 1}},
        {"changes": {f"x{number}": 1 for number in range(501)}},
        {"changes": {"smtp.banner": "x"}, "who": "somebody else"},
        {"changes": {"smtp.banner": None}},
        {"changes": [1]},
        {"version": -1, "changes": {"smtp.banner": "x"}},
        [],
        "text",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"changes": {"smtp.max_hops": ' + b"9" * 5000 + b"}}",
    ],
)
async def test_what_is_no_change_is_refused_in_words(admin: Browser, body: Any) -> None:
    answer = await admin.ask("PATCH", "/settings", body)
    assert answer.status in (400, 422), answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"]


async def test_a_large_body_is_refused_before_it_is_read(admin: Browser) -> None:
    answer = await admin.ask("PATCH", "/settings", b" " * (1024 * 1024 + 1))
    assert answer.status == 413
    answer = await admin.ask("PATCH", "/settings", b"{}", content_length="99999999999")
    assert answer.status == 413


async def test_a_secret_is_never_shown(desk: Office, admin: Browser) -> None:
    change = {
        "relay.smart_host": "out.test", "relay.smart_host_login": "me", "relay.smart_host_password": "hush hush",
    }  # fmt: skip
    assert (await admin.ask("PATCH", "/settings", {"changes": change})).status == 200
    for path in ("/settings", "/settings/history", "/audit"):
        assert b"hush hush" not in (await admin.ask("GET", path)).body
    assert desk.settings().relay.smart_host_password == "hush hush"


async def test_warnings_come_with_what_is_allowed(admin: Browser) -> None:
    answer = await admin.ask("POST", "/settings/validate", {"changes": {"security.tls_profile": "old"}})
    assert any("RFC 8996" in text for text in answer.json["warnings"])


ODD: list[Any] = [
    None, True, -1, 0, 10**30, 1.5, "", "x", "\ud800", "a\r\nb", "\u202e", "x" * 5000, [], ["x"], [1], [None], [[]],
    {}, {"x": "y"}, {"imaps": "modern"}, {"imaps": 1}, ["0.0.0.0/0"], ["::/0"],
]  # fmt: skip


async def test_any_value_of_any_setting_is_taken_or_refused_in_words(desk: Office, admin: Browser) -> None:
    answer = await admin.ask("GET", "/settings")
    paths = [one["path"] for page in answer.json["pages"] for one in page["fields"]]
    assert len(paths) > 80
    for path in paths:
        for value in ODD:
            tried = await admin.ask("POST", "/settings/validate", {"changes": {path: value}})
            assert tried.status in (200, 422), (path, value, tried.body)
            if tried.status == 422:
                assert tried.json["detail"] and "Traceback" not in tried.json["detail"]
    assert desk.adapters.settings.version() == 0
