"""`postroom certificate` and `postroom tls` on a server that does not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authority import Authority

Command = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    chain, key = Authority(tmp_path).pair("www.example.test", "*.shop.example.test")
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    return tmp_path / "chain.pem", tmp_path / "key.pem"


def names(postroom: Command, data: Path) -> list[str]:
    return [one["name"] for one in json.loads(postroom("certificate", "list", "--json", "--data", data).out)]


def test_checked_added_shown_removed(postroom: Command, data: Path, files: tuple[Path, Path]) -> None:
    before = names(postroom, data)
    checked = postroom("certificate", "check", *files, "--data", data)
    assert (checked.status, checked.err) == (0, "")
    assert checked.out.startswith("Can be added: www.example.test, *.shop.example.test; valid until ")
    assert "Note: the certificate of its issuer is not in the chain" in checked.out
    assert names(postroom, data) == before
    assert postroom("certificate", "add", *files, "--name", "web", "--data", data).out.startswith("Added web.\n")
    shown = json.loads(postroom("certificate", "show", "web", "--json", "--data", data).out)
    assert (shown["names"], shown["source"], shown["is_default"]) == (
        ["www.example.test", "*.shop.example.test"], "upload", False,
    )  # fmt: skip
    assert postroom("certificate", "show", "web", "--pem", "--data", data).out == files[0].read_text()
    assert "Key: EC P-256\n" in postroom("certificate", "show", "web", "--data", data).out
    assert postroom("certificate", "default", "web", "--data", data).out == "web is the default certificate.\n"
    refused = postroom("certificate", "remove", "web", "--data", data)
    assert (refused.status, refused.err.startswith("postroom: web is the default certificate")) == (1, True)
    postroom("settings", "set", "certificates.default", "default", "--data", data)
    assert postroom("certificate", "remove", "web", "--data", data).out == "Removed web.\n"
    assert names(postroom, data) == before


def test_refusals_are_one_line(postroom: Command, data: Path, files: tuple[Path, Path]) -> None:
    chain, key = files
    for words, told in (
        (("add", key, key), "chain: certificates in PEM are wanted"),
        (("add", chain, chain), "key: a private key in PEM is wanted"),
        (("add", chain, key, "--name", "../x"), "name: a certificate's name is"),
        (("show", "absent"), "there is no certificate absent"),
        (("renew", "absent"), "no certificate absent is ordered"),
        (("order", "mail.example.test"), "agree: "),
        (("order", "*.example.test", "--agree"), "names: a name with *"),
    ):
        done = postroom("certificate", *words, "--data", data)
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
        assert told in done.err


def test_an_order_waits_for_the_server(postroom: Command, data: Path) -> None:
    done = postroom("certificate", "order", "mail.example.test", "--agree", "--data", data)
    assert done.out == "mail.example.test is ordered when the server is started.\n"
    listed = postroom("certificate", "list", "--data", data).out
    assert "being ordered" in listed
    assert postroom("certificate", "remove", "mail.example.test", "--data", data).status == 0


def test_profiles_and_who_is_refused(postroom: Command, data: Path) -> None:
    assert "RFC 8996" in postroom("tls", "profiles", "--data", data).out
    found = json.loads(postroom("tls", "profiles", "--json", "--data", data).out)
    assert [one["name"] for one in found["profiles"]] == ["modern", "intermediate", "old"]
    nobody = postroom("tls", "refused", "--profile", "modern", "--data", data)
    assert nobody.out == "Nobody who logged in within 30 days would be refused.\n"
    for words in (("--override", "nowhere=old"), ("--override", "imaps=best"), ("--override", "imaps")):
        assert postroom("tls", "refused", *words, "--data", data).status == 2
