"""What stands in a response: atoms, strings, literals and lists, as bytes and lists."""

from __future__ import annotations

import re
from typing import Any

_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_LITERAL = re.compile(rb"~?\{([0-9]+)\}\r\n")
_ATOM = re.compile(rb"[^ ()\[\r\n\"{]*(?:\[[^\]]*\](?:<[0-9]+>)?)?[^ ()\r\n\"{\[]*")


def values(raw: bytes) -> list[Any]:
    """Everything in `raw`; NIL is None, a number stays bytes. AssertionError where brackets do not close."""
    stack: list[list[Any]] = [[]]
    at = 0
    while at < len(raw):
        byte = raw[at : at + 1]
        if byte == b"(":
            stack.append([])
            at += 1
        elif byte == b")":
            done = stack.pop()
            assert stack, raw
            stack[-1].append(done)
            at += 1
        elif byte in b" \r\n":
            at += 1
        elif quoted := _QUOTED.match(raw, at):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted[1]))
            at = quoted.end()
        elif literal := _LITERAL.match(raw, at):
            end = literal.end() + int(literal[1])
            stack[-1].append(raw[literal.end() : end])
            at = end
        else:
            atom = _ATOM.match(raw, at)
            assert atom is not None and atom.end() > at, raw[at : at + 40]
            stack[-1].append(None if atom[0].upper() == b"NIL" else atom[0])
            at = atom.end()
    assert len(stack) == 1, raw
    return stack[0]


def pairs(items: list[Any]) -> dict[bytes, Any]:
    """A FETCH or STATUS list as a mapping; no name may stand twice."""
    found = {name.upper(): value for name, value in zip(items[::2], items[1::2], strict=True)}
    assert len(found) * 2 == len(items), items
    return found


def numbers(text: bytes) -> list[int]:
    """A sequence set as it is sent, in its order; AssertionError for a number twice."""
    found: list[int] = []
    for part in text.split(b","):
        low, _, high = part.partition(b":")
        first, last = int(low), int(high or low)
        found += range(first, last + 1) if first <= last else range(first, last - 1, -1)
    assert len(set(found)) == len(found), text
    return found


def compact(found: list[int]) -> str:
    """A sequence set of these."""
    return ",".join(str(number) for number in found)
