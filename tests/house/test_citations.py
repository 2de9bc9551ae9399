"""Every RFC that the code cites is in docs/standards.toml, with a title, a status and, where partial, the deviation."""

from __future__ import annotations

import re
import tomllib

from house.tree import ROOT, modules, named

CITED = re.compile(r"\bRFC (\d{3,5})\b")
STATUSES = {"yes", "partial", "no"}


def standards() -> dict[str, dict[str, object]]:
    with (ROOT / "docs" / "standards.toml").open("rb") as file:
        return tomllib.load(file)


def test_each_citation_is_a_known_standard() -> None:
    known = standards()
    missing = {
        f"RFC{number} in {named(path)}"
        for path in modules()
        for number in CITED.findall(path.read_text(encoding="utf-8"))
        if f"RFC{number}" not in known
    }
    assert missing == set()


def test_each_standard_has_its_facts() -> None:
    for name, entry in standards().items():
        assert entry.get("title"), name
        assert entry.get("status") in STATUSES, name
        if entry["status"] == "partial":
            assert entry.get("deviations"), f"{name} is partial: say what deviates"
