"""Settings: refusals that name the field, and versions that can be undone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from postroom.model.errors import Conflict, Malformed
from postroom.settings import document
from postroom.settings.document import Settings
from postroom.store.server.database import open_server_database
from postroom.store.server.settings_versions import SettingsVersions


class Clock:
    def now(self) -> int:
        return 42


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("imap_pop3.max_connections", 0, "imap_pop3.max_connections"),
        ("imap_pop3.max_connections", 5001, "imap_pop3.max_connections"),
        ("imap_pop3.max_connections", True, "a number is wanted"),
        ("imap_pop3.imaps.port", True, "imap_pop3.imaps.port"),
        ("imap_pop3.imaps.port", 65536, "imap_pop3.imaps.port"),
        ("imap_pop3.imaps.port", "many", "imap_pop3.imaps.port"),
        ("imap_pop3.imaps.port", None, "imap_pop3.imaps.port"),
        ("imap_pop3.secure_networks", ["10.0.0.0/33"], "imap_pop3.secure_networks"),
        ("imap_pop3.secure_networks", "10.0.0.0/8", "imap_pop3.secure_networks"),
        ("smtp.server_name", "not a name", "smtp.server_name"),
        ("smtp.banner", "two\r\nlines", "smtp.banner"),
        ("smtp.max_recipients", 99, "smtp.max_recipients"),
        ("security.tls_profile", "none", "security.tls_profile"),
        ("security.tls_overrides", {"ftp": "modern"}, "there is no listener ftp"),
        ("checks.spf", "follow", "checks.spf"),
        ("checks.dmarc", "reject", "checks.dmarc"),
        ("checks.spf_outage", "reject", "checks.spf_outage"),
        ("checks.dnsbl_zones", ["not a zone"], "checks.dnsbl_zones"),
        ("checks.dnsbl_zones", [".".join(["a" * 60] * 3) + ".test"], "checks.dnsbl_zones"),
        ("checks.dnsbl_zones", [f"l{n}.test" for n in range(11)], "checks.dnsbl_zones"),
        ("checks.arc_sealers", [""], "checks.arc_sealers"),
        ("checks.greylisting_delay", 9, "checks.greylisting_delay"),
        ("checks.messages_per_address", -1, "checks.messages_per_address"),
        ("checks.exempt_networks", ["10.0.0.0/33"], "checks.exempt_networks"),
        ("imap_pop3.imap.port", 110, "imap and pop3 can't both listen on port 110"),
        ("smtp", {"unknown": 1}, "smtp: this is a page"),
        ("smtp", 5, "smtp"),
        ("smtp.none", 1, "there is no setting smtp.none"),
        ("", 1, "there is no setting"),
        ("smtp.banner.x", 1, "there is no setting smtp.banner.x"),
    ],
)
def test_what_is_refused_is_named(path: str, value: Any, told: str) -> None:
    with pytest.raises(Malformed) as refused:
        document.changed(Settings(), {path: value})
    assert told in refused.value.public


def test_changes_are_judged_together() -> None:
    swapped = document.changed(Settings(), {"imap_pop3.imap.port": 110, "imap_pop3.pop3.port": 143})
    assert (swapped.imap_pop3.imap.port, swapped.imap_pop3.pop3.port) == (110, 143)
    closed = document.changed(Settings(), {"imap_pop3.imap.port": 110, "imap_pop3.pop3.enabled": False})
    assert closed.imap_pop3.imap.port == 110
    with pytest.raises(Malformed, match="port 110"):
        document.changed(closed, {"imap_pop3.pop3.enabled": True})


def test_a_document_is_its_own_text() -> None:
    changed = document.changed(
        Settings(),
        {"imap_pop3.secure_networks": ["10.1.2.3/8", "2001:db8::/32"], "security.tls_overrides": {"mx": "old"}},
    )
    assert document.parse(changed.model_dump_json()) == changed
    assert document.differences(Settings(), changed) == [
        ("imap_pop3.secure_networks", [], ["10.0.0.0/8", "2001:db8::/32"]),
        ("security.tls_overrides", {}, {"mx": "old"}),
    ]
    assert document.get(changed, "imap_pop3.secure_networks") == ["10.0.0.0/8", "2001:db8::/32"]
    for broken in ("{", "[]", '{"smtp": {"banner": 5}}'):
        with pytest.raises(Malformed):
            document.parse(broken)


@pytest.mark.parametrize(
    ("text", "value"), [("on", True), ("off", False), ("5", 5), ("[1]", [1]), ("word", "word"), ("", "")]
)
def test_values_as_typed(text: str, value: Any) -> None:
    assert document.value_from_text(text) == value


async def test_versions_are_kept_and_undone(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    database = open_server_database(tmp_path, pool, must_exist=False)
    versions = SettingsVersions(database, Clock())
    try:
        assert versions.current() == (0, Settings())
        with pytest.raises(Conflict):
            await versions.undo("alice")
        assert await versions.change({"smtp.banner": "One"}, "alice") == [("smtp.banner", "Postroom", "One")]
        assert await versions.change({"smtp.banner": "One"}, "alice") == []
        with pytest.raises(Malformed):
            await versions.change({"smtp.banner": "Two", "smtp.max_hops": 1}, "alice")
        assert versions.version() == 1
        await versions.change({"smtp.banner": "Two"}, "bob")
        assert await versions.undo("alice") == [("smtp.banner", "Two", "One")]
        assert versions.current()[1].smtp.banner == "One"
        history = versions.history()
        assert [(one.version, one.changed_by, one.changed_at) for one in history] == [
            (3, "alice", 42), (2, "bob", 42), (1, "alice", 42),
        ]  # fmt: skip
        assert history[1].summary == "smtp.banner: One → Two"
        assert len(versions.history(limit=1)) == 1
    finally:
        database.close()
        pool.shutdown()


async def test_the_first_change_can_be_undone(tmp_path: Path) -> None:
    pool = ThreadPoolExecutor(1)
    database = open_server_database(tmp_path, pool, must_exist=False)
    versions = SettingsVersions(database, Clock())
    await versions.change({"imap_pop3.pop3.enabled": False}, "alice")
    assert await versions.undo("alice") == [("imap_pop3.pop3.enabled", False, True)]
    assert versions.current()[1] == Settings()
    database.close()
    pool.shutdown()


def test_a_value_nested_without_end_is_text() -> None:
    text = "[" * 3000
    assert document.value_from_text(text) == text


def test_a_secret_is_kept_and_never_shown() -> None:
    new = document.changed(Settings(), {"relay.smart_host_password": "hunter2-and-more"})
    assert "hunter2" in new.model_dump_json(), "the stored document has it"
    seen = [
        repr(list(document.paths(new))),
        repr(document.tree(new)),
        repr(document.get(new, "relay")),
        repr(document.get(new, "relay.smart_host_password")),
        repr(document.differences(Settings(), new)),
        repr(document.differences(new, document.changed(new, {"relay.smart_host_password": "hunter2-another"}))),
    ]
    assert not any("hunter2" in text for text in seen)
    assert document.differences(Settings(), new) == [("relay.smart_host_password", "", document.HIDDEN)]
    assert len(document.differences(new, document.changed(new, {"relay.smart_host_password": "x"}))) == 1
    assert document.get(Settings(), "relay.smart_host_password") == ""
