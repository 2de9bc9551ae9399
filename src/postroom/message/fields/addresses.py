"""Address lists of RFC 5322 §3.4 and RFC 5322 §4.4, as the four strings that an IMAP envelope has.

    address = mailbox / group ; mailbox = [display-name] angle-addr / addr-spec
    group   = display-name ":" [group-list] [CFWS] ";"

One pass with a scanner; what most senders write is taken by one pattern, the rest (comments, routes, groups, quoted
local parts, wreckage) by a small state machine. A mailbox without a domain gets MISSING_DOMAIN, one without a local
part MISSING_MAILBOX, as Dovecot answers: an absent domain would read as a group in RFC 9051 §7.5.2.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from postroom.message import limits
from postroom.message.fields import words

_ATOM = rb"[^\s<>@\"(),:;\\\[\]]++"
_SIMPLE = re.compile(
    rb"[ \t]*+(?:(?:\"([^\"\\]*+)\"|([^<>@\"(),:;\\\[\]]*+))[ \t]*+<(" + _ATOM + rb")@(" + _ATOM + rb")>"
    rb"|(" + _ATOM + rb")@(" + _ATOM + rb"))[ \t]*+(?:,|\Z)"
)
_TOKEN = re.compile(rb"\s++|\"((?:[^\"\\]++|\\.)*+)\"?|(\()|(\[[^\]]*+\]?)|([<>@,:;])|[^\s<>@\"(,:;\[]++", re.DOTALL)
_COMMENT_STEP = re.compile(rb"\\.|[()]|[^\\()]++", re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_SPACES = re.compile(rb"\s{2,}")

MISSING_LOCAL_PART = b"MISSING_MAILBOX"
MISSING_DOMAIN = b"MISSING_DOMAIN"


class HeaderAddress(NamedTuple):
    """One entry of an address list, raw.

    A group opens with its name in `local_part` and no domain, and closes with nothing at all (RFC 9051 §7.5.2).
    """

    display_name: bytes | None
    route: bytes | None
    local_part: bytes | None
    domain: bytes | None

    @property
    def is_mailbox(self) -> bool:
        """Whether this is an address, and not the start or the end of a group."""
        return self.domain is not None


GROUP_END = HeaderAddress(None, None, None, None)


def parse(value: bytes) -> list[HeaderAddress]:
    """The addresses of one unfolded value; at most `limits.ADDRESSES`."""
    found: list[HeaderAddress] = []
    at, end = 0, len(value)
    while at < end and len(found) < limits.ADDRESSES:
        simple = _SIMPLE.match(value, at)
        if simple is None:
            break
        quoted, phrase, local, domain, bare_local, bare_domain = simple.groups()
        if bare_local is not None:
            found.append(HeaderAddress(None, None, bare_local, bare_domain))
        else:
            found.append(HeaderAddress(_phrase(quoted if quoted is not None else phrase), None, local, domain))
        at = simple.end()
    if at < end and len(found) < limits.ADDRESSES:
        rest = value[at : at + limits.ADDRESS_WRECKAGE]
        found.extend(_ListReader(limits.ADDRESSES - len(found)).read(rest))
    return found


def parse_all(values: list[bytes]) -> list[HeaderAddress]:
    """The addresses of every field of one name."""
    if len(values) == 1:
        return parse(values[0])
    found: list[HeaderAddress] = []
    for value in values:
        found.extend(parse(value))
    return found[: limits.ADDRESSES]


def _phrase(raw: bytes) -> bytes | None:
    raw = raw.strip()
    if b"  " in raw or b"\t" in raw:
        raw = _SPACES.sub(b" ", raw)
    return raw or None


def display(addresses: list[HeaderAddress], fallback: str | None = None, limit: int = limits.DISPLAY) -> str:
    """Names, or addresses where there is no name, for a list of messages: "Alice, bob@example.test"."""
    shown: list[str] = []
    length = 0
    for address in addresses:
        if address.domain is None:
            continue
        text = words.decode(address.display_name, fallback).strip() if address.display_name else ""
        if not text:
            text = words.decode((address.local_part or b"") + b"@" + address.domain)
        shown.append(text)
        length += len(text) + 2
        if length >= limit:
            break
    return ", ".join(shown)[:limit]


class _ListReader:
    """The slow road: one state per address being read."""

    __slots__ = ("_address", "_angle", "_found", "_group", "_limit", "_phrase", "_remark", "_spaced")

    def __init__(self, limit: int) -> None:
        self._found: list[HeaderAddress] = []
        self._limit = limit
        self._group = False
        self._clear()

    def _clear(self) -> None:
        self._phrase: list[bytes] = []
        self._spaced = False
        self._angle = False
        self._address: list[bytes] | None = None
        self._remark = b""

    def read(self, value: bytes) -> list[HeaderAddress]:
        at, end = 0, len(value)
        while at < end and len(self._found) < self._limit:
            token = _TOKEN.match(value, at)
            if token is None:
                at += 1
                continue
            at = token.end()
            if token[2] is not None:
                self._remark, at = _comment(value, at)
            elif token[4] is not None:
                self._special(token[4])
            else:
                self._word(token)
        self._finish()
        if self._group:
            self._found.append(GROUP_END)
        return self._found

    def _word(self, token: re.Match[bytes]) -> None:
        text = token[0]
        if text[0] in b" \t\r\n\v\f":
            self._spaced = True
            return
        if token[1] is not None:
            text = _QUOTED_PAIR.sub(rb"\1", token[1]) if b"\\" in token[1] else token[1]
        if self._address is not None:
            if self._spaced and not self._angle:
                self._address.append(b" ")
            self._address.append(text)
        else:
            if self._spaced and self._phrase:
                self._phrase.append(b" ")
            self._phrase.append(text)
        self._spaced = False

    def _special(self, special: bytes) -> None:
        if special == b"<":
            if not self._angle:
                # "alice@example.test <alice@example.test>": many programs write the address for a name
                self._phrase = self._phrase if self._address is None else self._address
                self._angle, self._address = True, []
        elif special == b",":
            if not (self._angle and self._address and self._address[0] == b"@"):
                self._finish()
            elif self._address is not None:
                self._address.append(special)
        elif special == b";":
            self._finish()
            if self._group:
                self._found.append(GROUP_END)
                self._group = False
        elif special == b":" and self._address is None:
            self._open_group()
        elif special != b">":
            self._address_special(special)

    def _address_special(self, special: bytes) -> None:
        if self._address is None:
            self._address, self._phrase = self._phrase, []
        self._address.append(special)

    def _open_group(self) -> None:
        name = b"".join(self._phrase)
        if self._group:
            self._found.append(GROUP_END)
        self._found.append(HeaderAddress(None, None, name or b"group", None))
        self._group = True
        self._clear()

    def _finish(self) -> None:
        name = b"".join(self._phrase).strip() or None
        if self._address is None:
            if name is not None:
                self._found.append(HeaderAddress(self._remark or None, None, name, MISSING_DOMAIN))
        else:
            route, spec = _split_route([token for token in self._address if token != b" "])
            local, domain = _split_spec(spec)
            name = name if self._angle else None
            entry = HeaderAddress(name or self._remark or None, route, local, domain)
            self._found.append(entry)
        self._clear()


def _split_route(tokens: list[bytes]) -> tuple[bytes | None, list[bytes]]:
    """obs-route = obs-domain-list ":" (RFC 5322 §4.4)."""
    if tokens and tokens[0] == b"@" and b":" in tokens:
        colon = tokens.index(b":")
        return b"".join(tokens[:colon]), tokens[colon + 1 :]
    return None, tokens


def _split_spec(tokens: list[bytes]) -> tuple[bytes, bytes]:
    if b"@" not in tokens:
        return b"".join(tokens) or MISSING_LOCAL_PART, MISSING_DOMAIN
    at = len(tokens) - 1 - tokens[::-1].index(b"@")
    return b"".join(tokens[:at]) or MISSING_LOCAL_PART, b"".join(tokens[at + 1 :]) or MISSING_DOMAIN


def _comment(value: bytes, at: int) -> tuple[bytes, int]:
    """The text of a comment whose parenthesis has been read, and the offset after it."""
    depth, start = 1, at
    text: list[bytes] = []
    while depth:
        step = _COMMENT_STEP.match(value, at)
        if step is None:
            return b"".join(text).strip() or value[start:].strip(), len(value)
        at = step.end()
        piece = step[0]
        if piece == b"(":
            depth += 1
        elif piece == b")":
            depth -= 1
        if depth and depth <= limits.COMMENT_DEPTH:
            text.append(piece[1:] if piece[:1] == b"\\" else piece)
    return b"".join(text).strip(), at
