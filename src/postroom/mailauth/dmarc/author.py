"""The author's domain: the one domain of the one From field (RFC 9989 §5.3.1), or why there is none.

A message that can't be judged by its author must not look like one that can: several From fields, or several domains in one, are told apart from mail
without a policy, and whoever decides treats them as forged where it likes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.mailauth import names
from postroom.message import limits
from postroom.message.fields import addresses
from postroom.message.headers import Header


class AuthorProblem(enum.Enum):
    NO_FIELD = "no From field"
    SEVERAL_FIELDS = "several From fields"
    NO_DOMAIN = "no domain in From"
    SEVERAL_DOMAINS = "several domains in From"
    TOO_LONG = "a header too long to be read whole"
    """Another From may stand in the rest, which other readers would show."""


@dataclass(frozen=True, slots=True)
class Author:
    """`domain` is a normal name, empty where there is a problem."""

    domain: str
    problem: AuthorProblem | None = None


def read(header: Header) -> Author:
    if len(header.fields) >= limits.HEADER_FIELDS or len(header.raw) >= limits.HEADER_BLOCK:
        return Author("", AuthorProblem.TOO_LONG)
    fields = header.all(b"from")
    if not fields:
        return Author("", AuthorProblem.NO_FIELD)
    if len(fields) > 1:
        return Author("", AuthorProblem.SEVERAL_FIELDS)
    found = {_domain(address.domain) for address in addresses.parse(fields[0]) if address.domain is not None}
    if not found or None in found:
        return Author("", AuthorProblem.NO_DOMAIN)
    if len(found) > 1:
        return Author("", AuthorProblem.SEVERAL_DOMAINS)
    return Author(found.pop() or "")


def _domain(raw: bytes) -> str | None:
    if raw == addresses.MISSING_DOMAIN:
        return None
    try:
        return names.normal(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return None
