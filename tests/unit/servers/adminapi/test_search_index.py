"""/search-index: how far it is, pause and resume, making it anew; who may."""

from __future__ import annotations

import pytest

from admin_api import Browser, Office
from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex


def noted(desk: Office) -> None:
    desk.adapters.index_states.note(
        [
            AccountIndex(AccountId(1), 100, 0, 4096),
            AccountIndex(AccountId(2), 50, 30, 8192),
            AccountIndex(AccountId(999), 5, 5, 1),
        ]
    )
    desk.adapters.index_states.note_pace(3, 10.0)


async def test_how_far_it_is(desk: Office, admin: Browser) -> None:
    found = (await admin.ask("GET", "/search-index")).json
    assert (found["state"], found["indexed"], found["waiting"], found["seconds_left"]) == ("up_to_date", 0, 0, None)
    noted(desk)
    found = (await admin.ask("GET", "/search-index")).json
    assert found == {
        "state": "indexing", "indexed": 155, "waiting": 35, "size": 12289, "accounts": 3, "accounts_in_all": 3,
        "accounts_waiting": 2, "per_second": 10.0, "seconds_left": 4,
    }  # fmt: skip
    listed = (await admin.ask("GET", "/search-index/accounts")).json
    assert [(one["account_id"], one["waiting"]) for one in listed["items"]] == [(2, 30), (1, 0)]  # 999 was deleted
    named = (await admin.ask("GET", "/search-index/accounts?search=admin")).json
    assert [one["address"] for one in named["items"]] == ["admin@example.test"]


async def test_pause_and_resume_are_the_setting(desk: Office, admin: Browser) -> None:
    noted(desk)
    assert (await admin.ask("POST", "/search-index/pause")).status == 204
    assert (await admin.ask("POST", "/search-index/pause")).status == 204
    assert (await admin.ask("GET", "/search-index")).json["state"] == "paused"
    assert desk.adapters.settings.current()[1].search.paused
    assert (await admin.ask("POST", "/search-index/resume")).status == 204
    assert not desk.adapters.settings.current()[1].search.paused


async def test_an_index_is_wanted_anew(desk: Office, admin: Browser) -> None:
    assert (await admin.ask("POST", "/search-index/rebuild", {"account_id": 1})).status == 202
    assert (await admin.ask("POST", "/search-index/rebuild", {})).status == 202
    assert sorted(desk.adapters.index_states.take_rebuilds(), key=lambda one: one or 0) == [None, 1]
    assert desk.adapters.index_states.take_rebuilds() == []
    assert (await admin.ask("POST", "/search-index/rebuild", {"account_id": 77})).status == 404
    audited = (await admin.ask("GET", "/audit")).json["items"]
    assert [one["what"] for one in audited].count("index made anew") == 2


@pytest.mark.parametrize("form", [{"account_id": 0}, {"account_id": "x"}, {"account_id": 1 << 70}, {"other": 1}])
async def test_a_form_that_is_wrong_names_the_field(admin: Browser, form: dict[str, object]) -> None:
    answer = await admin.ask("POST", "/search-index/rebuild", form)
    assert answer.status == 422 and answer.json["errors"][0]["field"]
