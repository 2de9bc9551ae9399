"""The program of DNS-01: which one is run, with what, for how long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from postroom.model.errors import TryLater
from postroom.net.acme.hook import DnsHook


def program(folder: Path, text: str, mode: int = 0o755) -> Path:
    path = folder / "dns"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def refusal(folder: Path, *words: str, seconds: float = 10) -> TryLater:
    with pytest.raises(TryLater) as caught:
        DnsHook(folder, words, seconds).run("add", "_acme-challenge.example.test", "value")
    return caught.value


def test_words_and_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hush")
    program(tmp_path, 'for word in "$@"; do echo "$word" >> words; done; env > surroundings; pwd > where')
    DnsHook(tmp_path, ("dns", "$(id)", "a b")).run("add", "_acme-challenge.example.test", "-x;'\"")
    words = (tmp_path / "words").read_text().splitlines()
    assert words == ["$(id)", "a b", "add", "_acme-challenge.example.test", "-x;'\""]
    assert "hush" not in (tmp_path / "surroundings").read_text()
    assert Path((tmp_path / "where").read_text().strip()) == tmp_path.resolve()


def test_what_is_no_program_of_ours_is_not_run(tmp_path: Path) -> None:
    assert "no program for dns-01 is set" in refusal(tmp_path).public
    assert "is not there" in refusal(tmp_path, "dns").public
    (tmp_path / "dns").mkdir()
    assert "is no program" in refusal(tmp_path, "dns").public
    (tmp_path / "dns").rmdir()
    (tmp_path / "dns").symlink_to("/bin/true")
    assert "is no program" in refusal(tmp_path, "dns").public
    (tmp_path / "dns").unlink()
    for mode in (0o775, 0o757):
        program(tmp_path, "exit 0", mode)
        assert "may be written by others" in refusal(tmp_path, "dns").public
    program(tmp_path, "exit 0", 0o644)
    assert "is no program" in refusal(tmp_path, "dns").public
    if os.geteuid() == 0:
        os.chown(program(tmp_path, "exit 0"), 12345, 12345)
        assert "may be written by others" in refusal(tmp_path, "dns").public


def test_a_failure_is_told_with_what_it_said(tmp_path: Path) -> None:
    program(tmp_path, "echo no such zone >&2; exit 3")
    found = refusal(tmp_path, "dns")
    assert (found.public, found.detail) == ("the program of dns-01 ended with status 3", "no such zone\n")


def test_one_that_never_ends_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    program(tmp_path, "sleep 300 & echo $! > child; wait")
    begun = time.monotonic()
    assert "was stopped after 0.5 seconds" in refusal(tmp_path, "dns", seconds=0.5).public
    assert time.monotonic() - begun < 10
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "what it started lives on"
        time.sleep(0.05)
