"""Every command and every refusal: one line on standard error that says what to do, an exit status other than 0, and no traceback."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from unit.cli.conftest import ADMIN, PASSWORD, Done

LONG = "x" * 10_000
ADD = ["account", "add", "new@example.test", "--password-stdin"]
REFUSED = [
    # words, standard input, status, what the line says
    (["account", "add", "no-address", "--password-stdin"], PASSWORD, 1, "name@example.test"),
    (["account", "add", f"{LONG}@example.test", "--password-stdin"], PASSWORD, 1, "64 octets"),
    (["account", "add", f"a@{LONG}.test", "--password-stdin"], PASSWORD, 1, "octets"),
    (["account", "add", "new@other.test", "--password-stdin"], PASSWORD, 1, "postroom domain add other.test"),
    (["account", "add", ADMIN, "--password-stdin"], PASSWORD, 1, "is taken"),
    (["account", "add", "new@example.test"], PASSWORD, 2, "--password-stdin"),
    (["account", "add", "n\0w@example.test", "--password-stdin"], PASSWORD, 1, "letters, digits"),
    (["account", "add", "new@example.test", "--role", "king"], PASSWORD, 2, "domain-administrator"),
    (["account", "add"], "", 2, "ADDRESS"),
    (ADD, "short", 1, "at least 8 characters"),
    (ADD, "", 1, "at least 8 characters"),
    (ADD, LONG, 1, "at most 1024 octets"),
    (ADD, "nul\0nul\0nul", 1, "control characters"),
    (["account", "set-password", "nobody@example.test", "--password-stdin"], PASSWORD, 1, "postroom account list"),
    (["account", "set-password", ADMIN, "--password-stdin"], "short", 1, "at least 8 characters"),
    (["account", "disable", "nobody@example.test"], "", 1, "postroom account list"),
    (["account", "disable", ADMIN], "", 1, "administrator"),
    (["account", "enable", "nobody@example.test"], "", 1, "postroom account list"),
    (["account", "set-sending-limit", "nobody@example.test", "5"], "", 1, "postroom account list"),
    (["account", "set-sending-limit", ADMIN, "0"], "", 2, "no number from 1"),
    (["account", "set-sending-limit", ADMIN, "٣"], "", 2, "no number from 1"),
    (["domain", "set-sending-limit", "none.test", "5"], "", 1, "postroom domain list"),
    (["domain", "set-sending-limit", "example.test", "-5"], "", 2, "No such option"),
    (["account", "remove", ADMIN], "", 2, "--yes"),
    (["account", "remove", ADMIN, "--yes"], "", 1, "administrator"),
    (["account", "remove", "nobody@example.test", "--yes"], "", 1, "postroom account list"),
    (["account", "list", "more"], "", 2, "--help"),
    (["account", "rename"], "", 2, "No such command"),
    (["domain", "add", "bad domain"], "", 1, "spaces"),
    (["domain", "add", LONG], "", 1, "octets"),
    (["domain", "add", "example.test"], "", 1, "is there already"),
    (["domain", "remove", "example.test"], "", 1, "remove them first"),
    (["domain", "remove", "other.test"], "", 1, "postroom domain list"),
    (["domain", "catch-all", "other.test"], "", 1, "no domain other.test"),
    (["domain", "catch-all", "example.test", "x"], "", 1, "name@example.test"),
    (["alias", "add", ADMIN, "bob@example.test"], "", 1, "own address"),
    (["alias", "add", "a@other.test", ADMIN], "", 1, "other.test"),
    (["alias", "add", "info@example.test"], "", 2, "TARGET"),
    (["alias", "remove", "nobody@example.test"], "", 1, "postroom alias list"),
    (["settings", "get", "smtp.nothing"], "", 1, "postroom settings get"),
    (["settings", "get", LONG], "", 1, "postroom settings get"),
    (["settings", "set", "smtp.nothing", "1"], "", 1, "postroom settings get"),
    (["settings", "set", "", "1"], "", 1, "postroom settings get"),
    (["settings", "set", "smtp", "1"], "", 1, "smtp: this is a page"),
    (["settings", "set", "smtp.mx.port", "0"], "", 1, "smtp.mx.port: at least 1"),
    (["settings", "set", "smtp.mx.port", "70000"], "", 1, "smtp.mx.port: at most 65535"),
    (["settings", "set", "smtp.mx.port", "on"], "", 1, "smtp.mx.port: a number"),
    (["settings", "set", "smtp.mx.port", "abc"], "", 1, "smtp.mx.port: a whole number"),
    (["settings", "set", "smtp.mx.port", "9" * 5000], "", 1, "smtp.mx.port: "),
    (["settings", "set", "smtp.mx.port", "[" * 3000], "", 1, "smtp.mx.port: a whole number"),
    (["settings", "set", "smtp.mx.port", "465"], "", 1, "submissions and mx"),
    (["settings", "set", "smtp.mx.enabled", "maybe"], "", 1, "smtp.mx.enabled: on or off"),
    (["settings", "set", "smtp.max_hops", "20.5"], "", 1, "smtp.max_hops: a whole number"),
    (["settings", "set", "smtp.banner", "a\nb"], "", 1, "smtp.banner: printable ASCII"),
    (["settings", "set", "smtp.banner", LONG], "", 1, "smtp.banner: at most 100"),
    (["settings", "set", "smtp.server_name", "no host"], "", 1, "smtp.server_name: "),
    (["settings", "set", "smtp.relay_networks", "x"], "", 1, 'smtp.relay_networks: a list is wanted, such as ["'),
    (["settings", "set", "smtp.relay_networks", '["x"]'], "", 1, "192.0.2.0/24"),
    (["settings", "set", "security.tls_profile", "weak"], "", 1, "'modern', 'intermediate' or 'old'"),
    (["settings", "set", "security.tls_overrides", "x"], "", 1, "security.tls_overrides: names and values"),
    (["settings", "set", "security.tls_overrides", '{"http": "old"}'], "", 1, "imaps"),
    (["serve", "--workers", "0"], "", 2, "1<=x<=256"),
    (["serve", "--port-offset", "-1"], "", 2, "0<=x<=60000"),
    (["setup", "--hostname", "a.test", "--domain", "b.test", "--admin", "c@b.test"], "", 1, "already holds"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "stdin", "status", "says"), REFUSED, ids=[" ".join(r[0])[:50] for r in REFUSED])
def test_refusals(
    postroom: Callable[..., Done], data: Path, words: list[str], stdin: str, status: int, says: str
) -> None:
    done = postroom(*words, "--data", data, stdin=stdin)
    assert (done.status, done.out) == (status, "")
    assert done.err.startswith("postroom: ") and done.err.count("\n") == 1
    assert says in done.err


@pytest.mark.parametrize("words", [["account", "list"], ["settings", "get"], ["status"], ["doctor"], ["serve"]])
def test_a_missing_folder_is_told_with_the_way_to_make_one(
    postroom: Callable[..., Done], tmp_path: Path, words: list[str]
) -> None:
    done = postroom(*words, "--data", tmp_path / "nowhere")
    assert (done.status, done.out) == (2, "")
    assert f"postroom setup --data {tmp_path / 'nowhere'}" in done.err
    done = postroom(*words)
    assert done.status == 2 and "--data DIR" in done.err and "POSTROOM_DATA" in done.err


@pytest.mark.parametrize("words", [["--data", "\udcff"], ["account", "disable", "\udcff@example.test"]])
def test_octets_that_are_no_text_are_refused(postroom: Callable[..., Done], words: list[str]) -> None:
    done = postroom(*words)
    assert (done.status, done.err) == (2, "postroom: an argument is not UTF-8 text\n")


@pytest.mark.parametrize("words", [[], ["account"], ["domain"], ["alias"], ["settings"]])
def test_a_group_alone_shows_its_commands(postroom: Callable[..., Done], words: list[str]) -> None:
    done = postroom(*words)
    assert done.status == 2 and "Commands:" in done.err and len(done.err.splitlines()) > 5


LISTINGS = [
    ["account", "list"], ["domain", "list"], ["alias", "list"], ["settings", "get"], ["settings", "get", "smtp"],
    ["settings", "get", "smtp.banner"], ["settings", "history"], ["status"], ["doctor"],
]  # fmt: skip


@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_every_listing_is_json_when_asked(postroom: Callable[..., Done], data: Path, words: list[str]) -> None:
    done = postroom(*words, "--json", "--data", data)
    assert done.err == ""
    json.loads(done.out)
    assert done.status == (3 if words == ["status"] else 0)


def test_the_folder_may_be_named_anywhere(
    postroom: Callable[..., Done], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (
        ["--data", data, "account", "list"], ["account", "--data", data, "list"], ["account", "list", "--data", data],
        ["--data", "/nowhere", "account", "--data", "/nowhere", "list", "--data", data],
    ):  # fmt: skip
        assert ADMIN in postroom(*words).out
    monkeypatch.setenv("POSTROOM_DATA", str(data))
    assert ADMIN in postroom("account", "list").out
    assert postroom("account", "--data", "/nowhere", "list").status == 2


def test_setup_makes_nothing_where_it_refuses(postroom: Callable[..., Done], tmp_path: Path) -> None:
    words = ["setup", "--hostname", "a.test", "--domain", "b.test", "--password-stdin", "--data", tmp_path / "new"]
    for admin, stdin in (("c@b.test", "short"), ("c@d.test", PASSWORD), ("c", PASSWORD)):
        assert postroom(*words, "--admin", admin, stdin=stdin).status == 1
        assert not (tmp_path / "new").exists()
    assert postroom(*words, "--admin", "c@b.test", stdin=PASSWORD).status == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    done = postroom("setup", "--data", tmp_path / "full", "--hostname", "a.test")
    assert done.status == 1 and "not empty" in done.err
    done = postroom("setup", "--data", tmp_path / "other")
    assert done.status == 2 and "--hostname" in done.err


def test_a_listing_never_cuts_and_wraps_only_free_text(
    postroom: Callable[..., Done], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "somebody.with.quite.a.long.name@example.test"
    assert (
        postroom(
            "account", "add", address, "--name", "A Name " * 12, "--password-stdin", "--data", data, stdin=PASSWORD
        ).status
        == 0
    )
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = postroom("account", "list", "--data", data).out
    assert address in shown and shown.count("Name") == 13 and "…" not in shown
    shown = postroom("settings", "get", "--data", data).out
    assert "imap_pop3.prohibit_plaintext" in shown and "…" not in shown
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= 80


def test_sending_limits_are_set_and_shown(postroom: Callable[..., Done], data: Path) -> None:
    for limit, shown in (("none", 0), ("500", 500), ("usual", None)):
        done = postroom("account", "set-sending-limit", ADMIN, limit, "--data", data)
        assert done.status == 0 and "in 24 hours" in done.out
        rows = json.loads(postroom("account", "list", "--json", "--data", data).out)
        assert [row["sending_limit"] for row in rows if row["address"] == ADMIN] == [shown]
    for limit, shown in (("700", 700), ("none", None)):
        assert postroom("domain", "set-sending-limit", "example.test", limit, "--data", data).status == 0
        rows = json.loads(postroom("domain", "list", "--json", "--data", data).out)
        assert [row["sending_limit"] for row in rows if row["name"] == "example.test"] == [shown]
