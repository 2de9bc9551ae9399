"""Every switch, number and choice of every page of settings: changed in the browser, in force on the server, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Console
from postroom.settings import description
from postroom.settings.description import Kind, SettingField
from postroom.settings.document import Settings
from whole import WholeServer

PAGES = {page.name: page.fields for page in description.pages(Settings())}
# these have pages of their own, with tests of their own
ELSEWHERE = {"security", "certificates"}
# what would end the browser's own connection, or means nothing but its only value
LEFT_OUT = {"console.https.enabled", "console.https.port", "console.second_factor_required", "smtp.account_type"}


def in_force(server: WholeServer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.command("settings", "get", "--json"))
    return found


def value_of(document: dict[str, Any], path: str) -> Any:
    found: Any = document
    for step in path.split("."):
        found = found[step]
    return found


def wanted(field: SettingField, value: Any) -> Any:
    """Another value that is allowed, or None for a control that is not changed here."""
    if field.path in LEFT_OUT:
        return None
    if field.kind is Kind.SWITCH:
        return not value
    if field.kind is Kind.CHOICE:
        return next(option for option in field.options if option != value)
    if field.kind is Kind.NUMBER and field.unit not in ("octets",):
        least, most = field.minimum or 0, field.maximum or 2**31
        return value + 1 if value + 1 <= most else max(least, value - 1)
    return None


def set_control(page: Page, field: SettingField, value: Any) -> None:
    title = field.group_title if field.group else field.title
    if field.kind is Kind.SWITCH:
        control = page.get_by_role("switch", name=title, exact=True)
        control.click(force=True)
    elif field.kind is Kind.CHOICE:
        control = page.get_by_role("button", name=title).first
        control.click()
        page.get_by_role("option").nth(field.options.index(value)).click()
    elif field.group:  # the port beside its switch
        door(page, title).get_by_label("Port", exact=True).fill(str(value))
    else:
        page.get_by_role("textbox", name=title, exact=True).fill(str(value))


def door(page: Page, title: str) -> Locator:
    switch = page.get_by_role("switch", name=title, exact=True)
    return page.locator("div").filter(has=switch).filter(has=page.get_by_label("Port", exact=True)).last


@pytest.mark.parametrize("name", [name for name in PAGES if name not in ELSEWHERE])
def test_each_control_of_a_page_is_saved_and_taken_back(console: Console, server: WholeServer, name: str) -> None:
    before = in_force(server)
    changes = {
        field.path: (field, new)
        for field in PAGES[name]
        if (new := wanted(field, value_of(before, field.path))) is not None
    }
    if name == "relay":  # a password at the smart host wants its TLS; these two are wed
        changes.pop("relay.smart_host_tls")
    if not changes:
        pytest.skip("it has none of these kinds")
    page = console.open(f"service/protocol/{name}")
    for field, new in changes.values():
        set_control(page, field, new)
    expect(page.get_by_text(f"{len(changes)} unsaved change").first).to_be_visible()
    console.save()
    after = in_force(server)
    assert {path: value_of(after, path) for path in changes} == {path: new for path, (_, new) in changes.items()}
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(500)
    assert in_force(server) == before
