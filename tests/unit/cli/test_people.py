"""`postroom account`, `domain`, `group` and `alias` beyond what test_refusals.py has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unit.cli.conftest import ADMIN, PASSWORD, Done

Run = Callable[..., Done]


@pytest.fixture
def at(postroom: Run, data: Path) -> Callable[..., str]:
    """What a command prints that must succeed."""

    def run(*words: str, stdin: str = "") -> str:
        done = postroom(*words, "--data", data, stdin=stdin)
        assert (done.status, done.err) == (0, ""), done
        return done.out

    return run


@pytest.fixture
def listed(at: Callable[..., str]) -> Callable[..., Any]:
    return lambda *words: json.loads(at(*words, "--json"))


def test_an_account_from_its_name_to_its_end(
    at: Callable[..., str], listed: Callable[..., Any], postroom: Run, data: Path
) -> None:
    at("domain", "set-address-format", "example.test", "flast")
    at("domain", "set-account-quota", "example.test", "5M")
    made = at("account", "add", "@example.test", "--name", "Zoë Çelik", "--password-stdin", stdin=PASSWORD)
    assert made == "Added zcelik@example.test.\n"
    (row,) = listed("account", "list", "--search", "ÇELIK")
    assert (row["quota"], row["role"], row["aliases"]) == (5 << 20, "user", [])
    at("account", "set-address", "zcelik@example.test", "zoe@example.test")
    at("account", "set-name", "zoe@example.test", "Zoë")
    at("account", "set-role", "zoe@example.test", "domain-administrator")
    (row,) = listed("account", "list", "--search", "zoe")
    assert (row["name"], row["role"], row["domains"]) == ("Zoë", "domain administrator", ["example.test"])
    assert row["aliases"] == ["zcelik@example.test"]
    assert at("domain", "administrators", "example.test") == "zoe@example.test\n"
    assert at("domain", "administrators", "example.test", "--none") == "Nobody administers example.test alone.\n"
    assert at("domain", "administrators", "example.test", "zoe@example.test") == "zoe@example.test\n"
    refused = postroom("account", "reset-second-factor", "zoe@example.test", "--data", data)
    assert refused.status == 1 and "no second factor" in refused.err
    at("alias", "remove", "zcelik@example.test")
    at("account", "remove", "zoe@example.test", "--yes")
    assert listed("account", "list", "--search", "zoe") == []


def test_pages(at: Callable[..., str], listed: Callable[..., Any]) -> None:
    for name in ("p1", "p2", "p3"):
        at("account", "add", f"{name}@example.test", "--name", f"Page {name}", "--password-stdin", stdin=PASSWORD)
    words = ("account", "list", "--search", "page", "--sort")
    assert [row["address"] for row in listed(*words, "-display_name", "--limit", "2")] == [
        "p3@example.test",
        "p2@example.test",
    ]
    assert [row["address"] for row in listed(*words, "address", "--offset", "1")] == [
        "p2@example.test",
        "p3@example.test",
    ]
    assert listed("account", "list", "--domain", "example.test", "--search", "p1")[0]["address"] == "p1@example.test"
    for name in ("p1", "p2", "p3"):
        at("account", "remove", f"{name}@example.test", "--yes")


def test_groups(at: Callable[..., str], listed: Callable[..., Any], postroom: Run, data: Path) -> None:
    at("group", "add", "team@example.test", ADMIN, "far@elsewhere.test", "--name", "Team", "--description", "All")
    assert [(row["address"], row["member_count"]) for row in listed("group", "list")] == [("team@example.test", 2)]
    at("group", "remove-member", "team@example.test", "far@elsewhere.test")
    at("group", "add-member", "team@example.test", "near@elsewhere.test", ADMIN)
    shown = listed("group", "show", "team@example.test")
    assert (shown["members"], shown["description"]) == ([ADMIN, "near@elsewhere.test"], "All")
    assert "  near@elsewhere.test" in at("group", "show", "team@example.test")
    assert "Team" in at("group", "list")
    done = postroom("group", "show", "nobody@example.test", "--data", data)
    assert done.status == 1 and "postroom group list" in done.err
    assert postroom("doctor", "--data", data).status == 0
    at("group", "remove", "team@example.test")
    assert listed("group", "list") == []


def test_app_passwords(at: Callable[..., str], listed: Callable[..., Any]) -> None:
    words = ("account", "app-password")
    password = at(*words, "add", ADMIN, "My phone", "--protocol", "imap").strip()
    assert len(password) == 23
    at(*words, "add", ADMIN, "My computer")
    found = listed(*words, "list", ADMIN)
    assert [(row["name"], row["protocols"]) for row in found] == [
        ("My phone", ["imap"]),
        ("My computer", ["imap", "pop3", "smtp"]),
    ]
    shown = at(*words, "list", ADMIN)
    assert "My phone" in shown and password not in shown
    for row in found:
        at(*words, "remove", ADMIN, str(row["id"]))
    assert listed(*words, "list", ADMIN) == []


def test_a_table(at: Callable[..., str], listed: Callable[..., Any], postroom: Run, data: Path, tmp_path: Path) -> None:
    table = tmp_path / "accounts.csv"
    table.write_text("address,name,quota\ncsv@example.test,=Table,1000\n", "utf-8")
    assert "1 lines: add 1, change 0, same 0, error 0. Nothing was done." in at(
        "account", "import", str(table), "--dry-run"
    )
    assert listed("account", "list", "--search", "csv@") == []
    assert at("account", "import", str(table)) == "1 lines: add 1, change 0, same 0, error 0.\n"
    assert listed("account", "import", str(table))[0]["action"] == "same"
    exported = at("account", "export", "--domain", "example.test")
    assert "csv@example.test,'=Table,1000,user,,no," in exported
    table.write_text(exported + "bad,,,,,,\n", "utf-8")
    done = postroom("account", "import", str(table), "--data", data)
    assert done.status == 1 and "name@example.test" in done.out and "error 1" in done.out
    done = postroom("account", "import", tmp_path / "none.csv", "--data", data)
    assert done.status == 2 and "none.csv" in done.err
    at("account", "remove", "csv@example.test", "--yes")


def test_usage_limits_of_a_domain(
    at: Callable[..., str], listed: Callable[..., Any], postroom: Run, data: Path
) -> None:
    at("domain", "add", "limits.test")
    at("domain", "set-largest-attachment", "limits.test", "10M")
    at("domain", "set-account-quota", "limits.test", "none")
    at("domain", "make-primary", "limits.test")
    (row,) = listed("domain", "list", "--search", "limits")
    assert (row["largest_attachment"], row["account_quota"], row["primary"]) == (10 << 20, None, True)
    at("domain", "make-primary", "example.test")
    done = postroom("domain", "set-account-quota", "limits.test", "much", "--data", data)
    assert done.status == 2 and "no size" in done.err
    at("domain", "remove", "limits.test")
