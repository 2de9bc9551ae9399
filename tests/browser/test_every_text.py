"""Every text, list, size and secret of every page of settings: changed in the browser, in force on the server, taken back.

What to write is found by asking the settings themselves: the first of some values that they take. Switches, numbers and choices are in test_every_setting.py.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Console
from browser.test_every_setting import ELSEWHERE, PAGES, in_force, value_of
from lines import wait_for
from postroom.model.errors import MailError
from postroom.settings.description import Kind, SettingField
from postroom.settings.document import Settings, changed
from whole import WholeServer

_MIB = 1024 * 1024
WRITTEN: dict[Kind, tuple[Any, ...]] = {
    Kind.TEXT: ("changed.example.test", "Changed by a text"),
    Kind.SECRET: ("a secret, 秘密 and \"quotes\"",),
    Kind.LIST: (["192.0.2.0/24", "2001:db8::/32"], ["192.0.2.53", "2001:db8::53"], ["one.example.test", "two.example.test"]),
    Kind.NUMBER: (64 * _MIB, 8 * _MIB),
}  # fmt: skip
# what keeps the browser's own connection
INSTEAD = {"console.networks": ["127.0.0.0/8", "::1/128", "192.0.2.0/24"]}
LEFT_OUT = {
    "network.interface": "it is chosen among the interfaces of the machine: tests/scenarios/operation/test_interface.py",
    "console.address": "it would end the browser's own connection",
    "relay.authorities": "it wants a file that is there: tests/scenarios/relay/test_protected.py",
}


def is_written(field: SettingField) -> bool:
    if field.kind is Kind.NUMBER:
        return field.unit == "octets"
    return field.kind in (Kind.TEXT, Kind.SECRET, Kind.LIST)


WRITABLE = {
    name: written
    for name, fields in PAGES.items()
    if name not in ELSEWHERE
    and (written := [field for field in fields if is_written(field) and field.path not in LEFT_OUT])
}


def wanted(settings: Settings, field: SettingField, value: Any) -> Any:
    """The first that the settings take and that is another; fails where none does."""
    for written in [INSTEAD[field.path]] if field.path in INSTEAD else WRITTEN[field.kind]:
        try:
            changed(settings, {field.path: written})
        except MailError:
            continue
        if written != value:
            return written
    raise AssertionError(f"no value for {field.path}: name a reason in LEFT_OUT, or a value in WRITTEN")


def write(page: Page, field: SettingField, value: Any) -> None:
    control = control_of(page, field)
    if field.kind is Kind.LIST:
        control.fill("\n".join(value))
    elif field.kind is Kind.NUMBER:
        assert value_of_unit(page, field.title) == "MiB"
        control.fill(str(value // _MIB))
    else:
        control.fill(value)


def control_of(page: Page, field: SettingField) -> Locator:
    """Not the section of the same name."""
    return page.locator("input, textarea").and_(page.get_by_label(field.title, exact=True))


def value_of_unit(page: Page, title: str) -> str:
    return page.get_by_role("button", name=f"Unit of {title}").inner_text().strip()


def test_what_is_left_out_is_there() -> None:
    paths = {field.path for fields in PAGES.values() for field in fields}
    assert set(LEFT_OUT) <= paths and set(INSTEAD) <= paths


@pytest.mark.parametrize("name", WRITABLE)
def test_each_text_of_a_page_is_saved_and_taken_back(console: Console, server: WholeServer, name: str) -> None:
    before = in_force(server)
    settings, changes = changed(Settings(), {}), {}
    for field in WRITABLE[name]:
        changes[field.path] = (field, wanted(settings, field, value_of(before, field.path)))
        settings = changed(settings, {field.path: changes[field.path][1]})
    page = console.open(f"service/protocol/{name}")
    for number, (field, new) in enumerate(changes.values(), 1):
        write(page, field, new)
        expect(page.get_by_text(f"{number} unsaved change").first).to_be_visible()
    console.save()
    after = in_force(server)
    for path, (field, new) in changes.items():
        if field.kind is not Kind.SECRET:
            assert value_of(after, path) == new, path
        else:
            assert value_of(after, path) != value_of(before, path), path
            assert new not in page.content() and new not in json.dumps(after, ensure_ascii=False), (
                "it is never shown again"
            )
            expect(control_of(page, field)).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: in_force(server) == before, 10)
