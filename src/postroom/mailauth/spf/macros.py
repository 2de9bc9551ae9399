"""Macros of SPF: read once, filled in for a message (RFC 7208 §7).

macro-string = *( macro-expand / macro-literal )
macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
transformers = *DIGIT [ "r" ]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

_TOKEN = re.compile(r"%\{([slodiphcrtv])([0-9]*+)(r?)([-.+,/_=]*+)\}|%([%_-])|([\x21-\x24\x26-\x7e]++)", re.IGNORECASE)
_SPACED = re.compile(_TOKEN.pattern.replace(r"\x21", r"\x20"), re.IGNORECASE)
_ESCAPED = {"%": "%", "_": " ", "-": "%20"}
_TOP_LABEL = re.compile(r"\.(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?\Z", re.IGNORECASE)
_LONGEST_LABEL = 63
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True)
class Macro:
    letter: str
    count: int | None
    is_reversed: bool
    delimiters: str
    is_escaped: bool


Macros = tuple[str | Macro, ...]


def read(text: str, *, is_explanation: bool = False) -> Macros | None:
    """The pieces of a macro-string; None where it is none. c, r and t, and spaces, are for explanations (RFC 7208 §7.2)."""
    pattern = _SPACED if is_explanation else _TOKEN
    found: list[str | Macro] = []
    at = 0
    while at < len(text):
        token = pattern.match(text, at)
        if token is None:
            return None
        letter, digits, reverse, delimiters, escaped, literal = token.groups()
        if letter is None:
            found.append(literal if literal is not None else _ESCAPED[escaped])
        else:
            macro = _macro(letter, digits, reverse, delimiters)
            if macro is None or (macro.letter in "crt" and not is_explanation):
                return None
            found.append(macro)
        at = token.end()
    return tuple(found)


def read_domain(text: str) -> Macros | None:
    """A domain-spec: it ends in a macro or in a label that no address has.

    domain-end = ( "." toplabel [ "." ] ) / macro-expand
    """
    macros = read(text)
    if not macros:
        return None
    # read() took every %: an odd one before the last character begins an escape there
    before = text[:-1]
    is_escape = (len(before) - len(before.rstrip("%"))) % 2 == 1
    if isinstance(macros[-1], Macro) or is_escape:
        return macros
    return macros if _TOP_LABEL.search(text[-(_LONGEST_LABEL + 3) :]) else None


def expand(macros: Macros, values: Mapping[str, str]) -> str:
    """`values` by lower-case letter."""
    return "".join(piece if isinstance(piece, str) else _filled(piece, values[piece.letter]) for piece in macros)


def expand_domain(macros: Macros, values: Mapping[str, str]) -> str:
    """A name that fits DNS: labels are left out from the left until it does (RFC 7208 §7.3)."""
    name = expand(macros, values).removesuffix(".")
    if len(name) > _LONGEST_NAME:
        cut = name.find(".", len(name) - _LONGEST_NAME - 1)
        name = name[cut + 1 :] if cut >= 0 else ""
    return name


def letters(macros: Macros) -> set[str]:
    return {piece.letter for piece in macros if isinstance(piece, Macro)}


def _macro(letter: str, digits: str, reverse: str, delimiters: str) -> Macro | None:
    count = int(digits) if 0 < len(digits) <= 3 else None  # no name has 1,000 labels
    if count == 0 or (digits and not digits.strip("0")):
        return None
    return Macro(letter.lower(), count, bool(reverse), delimiters or ".", letter.isupper())


def _filled(macro: Macro, value: str) -> str:
    if macro.count is not None or macro.is_reversed or macro.delimiters != ".":
        parts = re.split("[" + re.escape(macro.delimiters) + "]", value)
        if macro.is_reversed:
            parts.reverse()
        if macro.count is not None:
            parts = parts[-macro.count :]
        value = ".".join(parts)
    return quote(value, safe="", errors="replace") if macro.is_escaped else value
