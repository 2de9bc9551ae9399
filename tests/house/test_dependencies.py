"""Dependencies are pinned, in one place, and free of the licences the project can't take."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

from house.tree import ROOT

PINNED = re.compile(r"[A-Za-z0-9._-]+==[0-9][^;]*(;.*)?\Z")


def test_every_dependency_is_pinned() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert [line for line in wanted if not PINNED.match(line)] == []


def test_no_dependency_is_under_gpl() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        names = [re.split(r"[=; ]", line)[0] for line in tomllib.load(file)["project"]["dependencies"]]
    for name in names:
        facts = metadata.metadata(name)
        licence = " ".join([facts.get("License-Expression") or "", *(facts.get_all("Classifier") or [])])
        assert "GPL" not in licence.replace("LGPL", ""), name
