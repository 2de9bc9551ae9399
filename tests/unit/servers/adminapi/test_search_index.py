"""The full-text index by the API: how far it is, pause and resume with history, rebuilds in the audit log, and who may."""

from __future__ import annotations

import pytest

from admin_api import Browser, Office
from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex

READS = ("/search-index", "/search-index/accounts", "/search-index/accounts?search=alice")
CHANGES = (("/search-index/rebuild", {}), ("/search-index/rebuild", {"account_id": 3}), ("/search-index/pause", None))


def note(desk: Office, *states: tuple[int, int, int], in_all: int = 3, per_second: float = 0.0) -> None:
    """(account, indexed, waiting), of 10 octets a message."""
    found = [AccountIndex(AccountId(one), indexed, waiting, 10 * indexed) for one, indexed, waiting in states]
    desk.adapters.index_states.note(found)
    desk.adapters.index_states.note_pace(in_all, per_second)


async def state(admin: Browser) -> str:
    return str((await admin.get("/search-index")).json["state"])


async def test_how_far_it_is(desk: Office, admin: Browser) -> None:
    note(desk, (1, 50, 0), (2, 10, 30), per_second=4.0)
    assert (await admin.get("/search-index")).json == {
        "state": "indexing", "indexed": 60, "waiting": 30, "size": 600, "accounts": 2, "accounts_in_all": 3,
        "accounts_waiting": 1, "per_second": 4.0, "seconds_left": 8,
    }  # fmt: skip
    note(desk, (2, 40, 0))
    assert await state(admin) == "indexing", "an account was not looked at yet"
    note(desk, (3, 0, 0))
    found = (await admin.get("/search-index")).json
    assert (found["state"], found["seconds_left"]) == ("up_to_date", None)
    await admin.patch("/settings", {"changes": {"search.enabled": False}})
    assert await state(admin) == "off"


async def test_accounts_are_paged_and_searched(desk: Office, admin: Browser) -> None:
    note(desk, (1, 50, 0), (2, 10, 30), (3, 0, 7))
    page = (await admin.get("/search-index/accounts?limit=2")).json
    assert [(one["address"], one["waiting"]) for one in page["items"]] == [
        ("keeper@example.test", 30),
        ("alice@example.test", 7),
    ]
    assert page["total"] == 3
    (last,) = (await admin.get("/search-index/accounts?limit=2&offset=2")).json["items"]
    assert last == {"account_id": 1, "address": "admin@example.test", "indexed": 50, "waiting": 0, "size": 500}
    found = (await admin.get("/search-index/accounts?search=ALICE")).json
    assert [one["account_id"] for one in found["items"]] == [3] and found["total"] == 1
    assert (await admin.get("/search-index/accounts?search=%25")).json["total"] == 0
    for wrong in ("limit=501", "limit=x", "offset=-1", "unknown=1"):
        assert (await admin.get(f"/search-index/accounts?{wrong}")).status == 422, wrong


async def test_an_account_removed_meanwhile_is_passed_over(desk: Office, admin: Browser) -> None:
    note(desk, (3, 1, 1), (99, 5, 5))
    found = (await admin.get("/search-index/accounts")).json["items"]
    assert [one["account_id"] for one in found] == [3]


async def test_a_rebuild_is_wanted_once_and_written_down(desk: Office, admin: Browser) -> None:
    assert (await admin.post("/search-index/rebuild", {"account_id": 3})).status == 202
    assert desk.adapters.index_states.take_rebuilds() == [AccountId(3)]
    assert (await admin.post("/search-index/rebuild", {})).status == 202
    assert desk.adapters.index_states.take_rebuilds() == [None]
    lines = (await admin.get("/audit?search=index%20made%20anew")).json["items"]
    assert [(line["who"], line["subject"]) for line in lines] == [
        ("admin@example.test", "all accounts"),
        ("admin@example.test", "alice@example.test"),
    ]
    assert (await admin.post("/search-index/rebuild", {"account_id": 99})).status == 404
    for wrong in ({"account_id": 0}, {"account_id": "x"}, {"account_id": 2**63}, {"account": 3}):
        answer = await admin.post("/search-index/rebuild", wrong)
        assert answer.status == 422 and answer.json["errors"][0]["field"], wrong
    assert desk.adapters.index_states.take_rebuilds() == []


async def test_pause_and_resume_are_a_setting_with_its_history(desk: Office, admin: Browser) -> None:
    note(desk, (1, 5, 5), per_second=1.0)
    version = (await admin.get("/settings")).json["version"]
    assert (await admin.post("/search-index/pause")).status == 204
    assert await state(admin) == "paused" and desk.settings().search.paused
    assert (await admin.get("/search-index")).json["seconds_left"] is None
    assert (await admin.post("/search-index/pause")).status == 204, "twice is once"
    assert (await admin.get("/settings")).json["version"] == version + 1
    newest = (await admin.get("/settings/history")).json["items"][0]
    assert [(one["path"], one["old"], one["new"]) for one in newest["changed"]] == [("search.paused", False, True)]
    assert (await admin.post("/search-index/resume")).status == 204
    assert await state(admin) == "indexing" and not desk.settings().search.paused


@pytest.mark.parametrize("who", ["keeper", "alice", None])
async def test_nobody_else_sees_or_does_any_of_it(desk: Office, who: str | None) -> None:
    """A domain administrator either: not the accounts of the own domain, and not whether others are there."""
    note(desk, (3, 1, 1))
    browser = desk.browser()
    if who is not None:
        await browser.log_in(who)
    for path in READS:
        assert (await browser.get(path)).status in (401, 403), path
    for path, body in (*CHANGES, ("/search-index/rebuild", {"account_id": 99}), ("/search-index/resume", None)):
        assert (await browser.post(path, body)).status in (401, 403), path
    assert desk.adapters.index_states.take_rebuilds() == [] and not desk.settings().search.paused


@pytest.mark.parametrize(
    ("scopes", "reads", "changes"),
    [
        (["health:read"], [200, 403, 403], [403, 403, 403]),
        (["health:read", "accounts:read"], [200, 200, 200], [403, 403, 403]),
        (["settings:write"], [403, 403, 403], [202, 403, 204]),
        (["settings:write", "accounts:read"], [403, 403, 403], [202, 202, 204]),
        (["queue:read"], [403, 403, 403], [403, 403, 403]),
    ],
    ids=["health", "health accounts", "settings", "settings accounts", "queue"],
)
async def test_a_token_does_what_its_scopes_say(
    desk: Office, admin: Browser, scopes: list[str], reads: list[int], changes: list[int]
) -> None:
    note(desk, (3, 1, 1))
    made = await admin.post("/tokens", {"name": "t", "scopes": scopes})
    program = desk.browser(token=made.json["token"])
    assert [(await program.get(path)).status for path in READS] == reads
    assert [(await program.post(path, body)).status for path, body in CHANGES] == changes
