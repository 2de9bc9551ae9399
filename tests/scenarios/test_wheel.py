"""What is installed carries the built pages, and needs neither Node nor a network for them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from house.tree import ROOT

BUILT = ROOT / "src" / "postroom" / "web" / "console" / "index.html"


def test_the_wheel_has_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hatchling import build

    assert BUILT.exists(), "make ui"
    monkeypatch.chdir(ROOT)
    name = build.build_wheel(str(tmp_path))
    with zipfile.ZipFile(tmp_path / name) as wheel:
        names = set(wheel.namelist())
    pages = {str(path.relative_to(ROOT / "src")) for path in BUILT.parent.rglob("*") if path.is_file()}
    assert len(pages) > 20
    assert pages <= names
    assert not [one for one in names if "node_modules" in one or one.startswith("tests")]
