"""The reference pages are what the code says now."""

from __future__ import annotations

import pytest
from tools import make_docs

from house.tree import ROOT


def test_pages_are_up_to_date() -> None:
    stale = [
        name
        for name, content in make_docs.pages().items()
        if (ROOT / "docs" / "reference" / name).read_text("utf-8") != content
    ]
    assert stale == [], "run: make docs"


def test_nothing_else_lies_there() -> None:
    assert {path.name for path in (ROOT / "docs" / "reference").iterdir()} == set(make_docs.pages())


@pytest.mark.parametrize("command", ["account add", "settings set", "doctor", "serve"])
def test_every_command_is_told(command: str) -> None:
    assert f"## postroom {command}\n" in make_docs.pages()["commands.md"]
