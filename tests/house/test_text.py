"""The project speaks only of itself, and its promises have no loose ends."""

from __future__ import annotations

import re
import subprocess

from house.tree import ROOT

FORBIDDEN = re.compile(
    r"\b(TODO|FIXME|XXX)\b|(?<![\w.])/(?:root|home|work|mnt|Users)/"
    r"|\b(?:registry|deb|files|mirrors?)\.[a-z0-9-]+\.(?:org|com|net|io)\b|\bpy[a-z]{2}\.org\b",
    re.IGNORECASE,
)
OWN = "tests/house/test_text.py"


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if name != OWN and not name.startswith("tests/data/")]


def test_no_machine_and_no_loose_end_is_named() -> None:
    found = []
    for name in tracked():
        path = ROOT / name
        if not path.is_file() or path.suffix in (".png", ".lock"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    assert found == []
