"""Content-Type and Content-Disposition: a head and its parameters.

    parameter = attribute "=" value ; value = token / quoted-string               RFC 2045 §5.1
    attribute*N*= segments, attribute*=charset'language'percent-encoded           RFC 2231 §3, RFC 2231 §4

One rule for duplicates everywhere (search, file names, BODYSTRUCTURE): the first of a name wins; for reading, `name*`
is preferred to its segments and those to the plain `name`; segments count from 0 and end at the first gap. Tolerated
because senders do it: values with spaces and no quotes, missing semicolons, a comment after the value.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from postroom.message import limits
from postroom.message.fields import charsets, words

_PARAMETER = re.compile(rb"[;\s]++|([^\s;=\"]++)\s*+(?:=\s*+(?:\"((?:[^\"\\]++|\\.)*+)\"?|([^;]*+)))?|.", re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_SEGMENT = re.compile(rb"([^*]+)\*([0-9]{1,5})(\*?)\Z")

Parameters = tuple[tuple[bytes, bytes], ...]


class Parameterised(NamedTuple):
    """A field value taken apart: head as written (no comment), parameters with RFC 2231 segments joined.

    A joined parameter is called `name*` when any segment was encoded, and its value is then all encoded.
    """

    head: bytes
    parameters: Parameters

    def raw(self, name: bytes) -> bytes | None:
        """The bytes of a plain parameter by lower-case name."""
        for key, value in self.parameters:
            if key.lower() == name:
                return value
        return None

    def text(self, name: bytes) -> str | None:
        """The decoded text of a parameter by lower-case name: `name*` first, then `name` with encoded words."""
        extended = self.raw(name + b"*")
        if extended is not None:
            return _extended_text(extended)
        plain = self.raw(name)
        return None if plain is None else words.decode(plain)


def parse(value: bytes) -> Parameterised:
    """Take an unfolded value apart."""
    head, semicolon, rest = value.partition(b";")
    if b"(" in head:
        head = head.partition(b"(")[0]
    if not semicolon:
        return Parameterised(head.strip(), ())
    pairs: list[tuple[bytes, bytes]] = []
    seen: set[bytes] = set()
    segmented = False
    for found in _PARAMETER.finditer(rest):
        name, quoted, bare = found.groups()
        if name is None or (quoted is None and bare is None):
            continue
        if quoted is not None:
            text = _QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted
        else:
            text = _without_comment(bare)
        key = name.lower()
        if key not in seen:
            seen.add(key)
            pairs.append((name, text))
            segmented = segmented or b"*" in name
            if len(pairs) >= limits.PARAMETERS:
                break
    return Parameterised(head.strip(), tuple(_joined(pairs) if segmented else pairs))


def _without_comment(bare: bytes) -> bytes:
    bare = bare.strip()
    if bare.endswith(b")") and b" (" in bare:
        bare = bare.partition(b" (")[0].rstrip()
    return bare


def _joined(pairs: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    segments: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    for name, value in pairs:
        match = _SEGMENT.match(name)
        if match:
            segments.setdefault(match[1].lower(), {}).setdefault(int(match[2]), (value, bool(match[3])))
    result: list[tuple[bytes, bytes]] = []
    taken = {name.lower() for name, _ in pairs}
    for name, value in pairs:
        match = _SEGMENT.match(name)
        if not match:
            result.append((name, value))
            continue
        parts = segments.pop(match[1].lower(), None)
        if parts is None or 0 not in parts:
            continue
        joined, extended = _join(parts)
        whole = match[1] + b"*" if extended else match[1]
        if whole.lower() not in taken:
            result.append((whole, joined))
    return result


def _join(parts: dict[int, tuple[bytes, bool]]) -> tuple[bytes, bool]:
    run: list[tuple[bytes, bool]] = []
    while len(run) in parts:
        run.append(parts[len(run)])
    if not any(extended for _, extended in run):
        return b"".join(value for value, _ in run), False
    encoded = [value if extended else quote_from_bytes(value, safe="").encode() for value, extended in run]
    if not run[0][1]:
        encoded.insert(0, b"''")
    return b"".join(encoded), True


def _extended_text(value: bytes) -> str:
    charset, quote, rest = value.partition(b"'")
    _, second, encoded = rest.partition(b"'")
    if not (quote and second):
        return words.clean(charsets.guess(unquote_to_bytes(value)))
    return words.clean(charsets.decode(unquote_to_bytes(encoded), charset.decode("latin-1")))
