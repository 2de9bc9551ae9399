"""Authentication-Results: what was found, written into the message for whoever reads it, and read back (RFC 8601).

    authres-header-field = "Authentication-Results:" authres-payload
    authres-payload      = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS] CRLF
    resinfo              = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]

Every value comes from strangers: what is no token is quoted, what is no printable ASCII becomes a question mark, and all are cut, so that none can add a
result or a line. `findings` turns our results into these. Fields of others that bear our name are taken
out by mta.foreign_results.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from postroom.mailauth import limits
from postroom.mailauth.folding import folded
from postroom.message.headers import unfold

NAME = b"Authentication-Results"
_LONGEST_VALUE = 320  # octets: local part, @ and domain
_KEYWORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+\Z|(?:[A-Za-z0-9!#$%&'*+.^_`{|}~-]+)?@[A-Za-z0-9.-]+\Z")
_TOKEN = re.compile(r'([ \t\r\n]++)|"((?:[^"\\]++|\\.)*+)"?|(\()|([;=])|([^\s;="()]++)|.', re.DOTALL)
_EQUALS = "\n="  # the sign, apart from a value "=": unfolded text has no line ends
_COMMENT_STEP = re.compile(r"[()]|\\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Property:
    """ptype "." property "=" value, such as header.d=example.test."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MethodResult:
    method: str
    result: str
    reason: str = ""
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    authserv_id: str
    results: tuple[MethodResult, ...]


def build(authserv_id: str, results: Iterable[MethodResult]) -> bytes:
    """One whole field with its line end, to be put in front of the message."""
    return (folded(NAME.decode("ascii") + ":", pieces(authserv_id, results)) + "\r\n").encode("ascii")


def pieces(authserv_id: str, results: Iterable[MethodResult]) -> list[str]:
    """What the field holds, in pieces that a fold may part."""
    found = [_written(authserv_id) + ";"]
    for result in results:
        if _KEYWORD.match(result.method) is None or _KEYWORD.match(result.result) is None:
            continue
        found.append(f"{result.method}={result.result}")
        if result.reason:
            found.append("reason=" + _quoted(result.reason[: limits.REASON]))
        found += [
            f"{given.kind}.{given.name}={_written(given.value)}" for given in result.properties if _is_named(given)
        ]
        found[-1] += ";"
    if len(found) == 1:
        found.append("none;")
    found[-1] = found[-1].removesuffix(";")
    return found


def parse(value: bytes) -> AuthenticationResults | None:
    """The body of a field; None where it names no host. What is no result is left out."""
    statements = _statements(unfold(value)[: limits.SIGNATURE_FIELD].decode("utf-8", "replace"))
    if not statements or not statements[0] or _EQUALS in statements[0]:
        return None
    found = [_result(statement) for statement in statements[1 : limits.RESULTS + 1]]
    return AuthenticationResults(statements[0][0], tuple(result for result in found if result is not None))


def _is_named(given: Property) -> bool:
    return bool(given.value and _KEYWORD.match(given.kind) and _KEYWORD.match(given.name))


def _written(value: str) -> str:
    value = value[:_LONGEST_VALUE]
    return value if _PLAIN.match(value) else _quoted(value)


def _quoted(text: str) -> str:
    clean = "".join(character if " " <= character <= "~" else "?" for character in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _statements(text: str) -> list[list[str]]:
    """Words between semicolons, the equals sign as a word of its own; quotes and comments taken away."""
    found: list[list[str]] = [[]]
    is_joined = False
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None  # its last alternative takes anything
        at = token.end()
        space, quoted, opened, sign, word = token.groups()
        if opened:
            at, is_joined = _comment_end(text, at), False
        elif sign == ";":
            found.append([])
            is_joined = False
        elif sign:
            found[-1].append(_EQUALS)
            is_joined = False
        elif quoted is not None or word is not None:
            content = word if word is not None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
            if is_joined:
                found[-1][-1] += content
            else:
                found[-1].append(content)
            is_joined = True
        elif space:
            is_joined = False
    return found


def _comment_end(text: str, at: int) -> int:
    depth = 1
    for step in _COMMENT_STEP.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(step[0], 0)
        if depth == 0:
            return step.end()
    return len(text)


def _merged(words: list[str]) -> list[str]:
    """Names whose dots and slashes stand apart (RFC 8601 §2.2 lets comments in there) in one word."""
    found: list[str] = []
    is_open = False
    for word in words:
        if is_open or (word in (".", "/") and found and found[-1] != _EQUALS):
            found[-1] += word
            is_open = word in (".", "/")
        else:
            found.append(word)
    return found


def _result(words: list[str]) -> MethodResult | None:
    words = _merged(words)
    if len(words) < 3 or words[1] != _EQUALS or words[2] == _EQUALS:
        return None
    method, result = words[0].partition("/")[0].lower(), words[2].lower()
    if _KEYWORD.match(method) is None or _KEYWORD.match(result) is None:
        return None
    reason = ""
    properties: list[Property] = []
    for at in range(3, len(words) - 2, 3):
        name, equals, value = words[at : at + 3]
        if equals != _EQUALS or value == _EQUALS or len(properties) == limits.TAGS:
            break
        kind, dot, rest = name.lower().partition(".")
        if dot and _KEYWORD.match(kind) and _KEYWORD.match(rest):
            properties.append(Property(kind, rest, value[:_LONGEST_VALUE]))
        elif name.lower() == "reason":
            reason = value[: limits.REASON]
        else:
            break
    return MethodResult(method, result, reason, tuple(properties))
