"""Domain names as DNS compares them: lower-case A-labels without the last dot.

RFC 1035 §2.3.4 (lengths), RFC 5890 §2.3 (A-labels). Underscores are let pass, since key and policy records stand below them.
"""

from __future__ import annotations

import re

_MAX_NAME = 253  # characters as text; 255 octets with lengths and root
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*+[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


def normal(text: str) -> str | None:
    """The name as it is asked for, None for what is no name."""
    name = text.removesuffix(".")
    if not name or len(name) > _MAX_NAME:
        return None
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    name = name.lower()
    return name if len(name) <= _MAX_NAME and _NAME.match(name) else None


def is_within(name: str, parent: str) -> bool:
    """Whether a name is the parent or below it; both normal."""
    return name == parent or name.endswith("." + parent)


def parents(name: str) -> list[str]:
    """The name itself, then each name above it down to its last label."""
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]
