"""The table of attacks names tests that are there, and every number of the threats that concerns receiving and reading."""

from __future__ import annotations

import ast
import re

from house.tree import ROOT

PAGE = (ROOT / "docs" / "guide" / "attacks.md").read_text("utf-8")
_TEST = re.compile(r"`([a-z_0-9/]+\.py)::(test_[a-z_0-9]+)`")


def test_each_named_test_is_there() -> None:
    named = _TEST.findall(PAGE)
    assert len(named) > 60
    missing = []
    for file, name in named:
        path = ROOT / "tests" / file
        tree = ast.parse(path.read_text("utf-8")) if path.exists() else ast.Module([], [])
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in functions:
            missing.append(f"{file}::{name}")
    assert missing == []


def test_each_row_names_a_test_and_no_number_is_left_out() -> None:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line and "Shown by" not in line
    ]
    assert [row for row in rows if not _TEST.search(row)] == []
    numbers = {
        heading.partition("\n")[0]: [int(found) for found in re.findall(r"^\| ([0-9]+) ", heading, re.MULTILINE)]
        for heading in PAGE.split("\n## ")
    }
    assert numbers["Receiving mail (SMTP, LMTP)"] == list(range(1, 21))
    assert numbers["IMAP"] == list(range(1, 14))
