"""Lists of tag=value, as DKIM, ARC, DMARC and TLS-RPT write them.

    tag-list = tag-spec *( ";" tag-spec ) [ ";" ] ; RFC 6376 §3.2
    tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]

What the tags mean is said by whoever reads them.
"""

from __future__ import annotations

import base64
import binascii
import re

from postroom.mailauth import limits

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*+\Z")
_SPACE = " \t\r\n"
_FOLDS = re.compile(rb"[ \t\r\n]++")
_NUMBER = re.compile(r"[0-9]{1,15}\Z")  # 12 digits are what RFC 6376 §3.5 wants understood; 15 fit any arithmetic


def pairs(value: bytes) -> list[tuple[str, str]] | None:
    """Names and values in order, values without the space around them; None where something is no tag, or there are too many."""
    found: list[tuple[str, str]] = []
    parts = value.decode("utf-8", "replace").split(";")
    if not parts[-1].strip(_SPACE):
        del parts[-1]
    for part in parts:
        name, equals, content = part.partition("=")
        name = name.strip(_SPACE)
        if not equals or _NAME.match(name) is None or len(found) == limits.TAGS:
            return None
        found.append((name, content.strip(_SPACE)))
    return found


def parse(value: bytes) -> dict[str, str] | None:
    """The list by name; None where it is no list or has a tag twice (RFC 6376 §3.2). Names differ by case."""
    found = pairs(value)
    if found is None:
        return None
    by_name = dict(found)
    return by_name if len(by_name) == len(found) else None


def lenient(value: bytes) -> dict[str, str]:
    """The list by lower-case name, the first of each; what is no tag is left out (RFC 9989 §4.7)."""
    found: dict[str, str] = {}
    for part in value[: limits.RECORD].decode("utf-8", "replace").split(";", limits.TAGS)[: limits.TAGS]:
        name, equals, content = part.partition("=")
        name = name.strip(_SPACE).lower()
        if equals and _NAME.match(name):
            found.setdefault(name, content.strip(_SPACE))
    return found


def octets(text: str) -> bytes | None:
    """Base64 with folds in it (RFC 6376 §2.10); None for anything else."""
    try:
        return base64.b64decode(_FOLDS.sub(b"", text.encode("ascii")), validate=True)
    except (binascii.Error, ValueError):
        return None


def number(text: str) -> int | None:
    """Digits alone: no sign, no space inside, no other script."""
    return int(text) if _NUMBER.match(text) else None


def words(text: str, separator: str = ":") -> list[str]:
    """A list inside a value, each without the space around it."""
    return [word.strip(_SPACE) for word in text.split(separator)]
