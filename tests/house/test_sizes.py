"""STYLE, Size and Names: what grows beyond these bounds hides a second room."""

from __future__ import annotations

import ast
import re

from house.tree import SOURCES, functions, modules, named, parsed

MAX_MODULE_LINES = 500
MAX_FUNCTION_LINES = 80
USUAL_FUNCTION_LINES = 40
MAX_FOLDER_ENTRIES = 15
BUILT = SOURCES / "web" / "console"  # pages that `make ui` writes
FORBIDDEN_NAMES = re.compile(r"(Manager|Helper|Util|Handler|Data|Info|Base)\Z")
FORBIDDEN_FILES = {"common.py", "misc.py", "utils.py", "helpers.py"}


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_too_long() -> None:
    long = {
        named(path): count for path in modules() if (count := len(path.read_text().splitlines())) > MAX_MODULE_LINES
    }
    assert long == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{named(path)}:{node.name}": length(node)
        for path in modules()
        for node in functions(path)
        if length(node) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_nine_functions_in_ten_are_short() -> None:
    lengths = [length(node) for path in modules() for node in functions(path)]
    short = sum(count <= USUAL_FUNCTION_LINES for count in lengths)
    assert short >= 0.9 * len(lengths)


def test_folders_hold_few_entries() -> None:
    full = {}
    for folder in [SOURCES, *(path for path in SOURCES.rglob("*") if path.is_dir())]:
        entries = [path for path in folder.iterdir() if path.name not in ("__pycache__", "__init__.py", "__main__.py")]
        # the root and the rooms that hold one file per command, setting or port are lists, not rooms within rooms
        if BUILT in (folder, *folder.parents):
            continue
        if folder != SOURCES and len(entries) > MAX_FOLDER_ENTRIES + 5:
            full[named(folder)] = len(entries)
    assert full == {}


def test_names_say_what_a_thing_is() -> None:
    wrong = [
        f"{named(path)}:{node.name}"
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and FORBIDDEN_NAMES.search(node.name)
    ]
    assert wrong == []
    assert [named(path) for path in modules() if path.name in FORBIDDEN_FILES] == []


def test_each_module_says_what_it_is() -> None:
    silent = [named(path) for path in modules() if not (ast.get_docstring(parsed(path)) or "").strip(".")]
    assert silent == []
