"""SpfRecord: a policy as its terms say, read whole before any is used (RFC 7208 §4.6, RFC 7208 §12).

record    = "v=spf1" *( 1*SP ( directive / modifier ) ) *SP
directive = [ "+" / "-" / "?" / "~" ] mechanism
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from postroom.mailauth import limits
from postroom.mailauth.spf import macros
from postroom.mailauth.spf.macros import Macros

_VERSION = re.compile(rb"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*+)=(.*)\Z", re.IGNORECASE | re.DOTALL)
_DIRECTIVE = re.compile(r"([-+?~]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|\Z)(.*)\Z", re.IGNORECASE | re.DOTALL)
_LENGTHS = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_LONGEST_LENGTHS = 8  # characters of /32//128
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IP4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}\Z")


@dataclass(frozen=True, slots=True)
class Mechanism:
    qualifier: str
    name: str
    domain: Macros | None = None
    """None means the domain that is checked."""
    lengths: tuple[int, int] = (32, 128)
    network: IPv4Network | IPv6Network | None = None


@dataclass(frozen=True, slots=True)
class SpfRecord:
    mechanisms: tuple[Mechanism, ...]
    redirect: Macros | None = None
    explanation: Macros | None = None


class _Wrong(Exception):
    pass


def is_policy(record: bytes) -> bool:
    """RFC 7208 §4.5."""
    return _VERSION.match(record) is not None


def read(record: bytes) -> SpfRecord | str:
    """The record, or what is wrong with it."""
    if len(record) > limits.RECORD:
        return "the record is too long"
    try:
        terms = [term for term in record.decode("ascii")[6:].split(" ") if term]
    except UnicodeDecodeError:
        return "the record is not ASCII"
    if len(terms) > limits.SPF_TERMS:
        return "the record has too many terms"
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, Macros] = {}
    for term in terms:
        try:
            modifier = _MODIFIER.match(term)
            if modifier is not None:
                _take_modifier(modifier[1].lower(), modifier[2], modifiers)
            else:
                mechanisms.append(_mechanism(term))
        except _Wrong:
            return f"wrong term {term[: limits.REASON]}"
    return SpfRecord(tuple(mechanisms), modifiers.get("redirect"), modifiers.get("exp"))


def _take_modifier(name: str, value: str, modifiers: dict[str, Macros]) -> None:
    if name not in ("redirect", "exp"):
        if macros.read(value) is None:  # unknown ones are ignored, but must be well formed (RFC 7208 §6)
            raise _Wrong
        return
    domain = macros.read_domain(value)
    if domain is None or name in modifiers:
        raise _Wrong
    modifiers[name] = domain


def _mechanism(term: str) -> Mechanism:
    found = _DIRECTIVE.match(term)
    if found is None:
        raise _Wrong
    qualifier, name, rest = found[1] or "+", found[2].lower(), found[3]
    return _READERS[name](qualifier, name, rest)


def _bare(qualifier: str, name: str, rest: str) -> Mechanism:
    if rest:
        raise _Wrong
    return Mechanism(qualifier, name)


def _with_domain(qualifier: str, name: str, rest: str) -> Mechanism:
    return Mechanism(qualifier, name, _domain(rest))


def _with_domain_or_none(qualifier: str, name: str, rest: str) -> Mechanism:
    return Mechanism(qualifier, name, _domain(rest) if rest else None)


def _with_lengths(qualifier: str, name: str, rest: str) -> Mechanism:
    start = max(0, len(rest) - _LONGEST_LENGTHS)
    found = _LENGTHS.search(rest, start)
    assert found is not None  # it matches nothing at the end too
    four, six = int(found[1] or 32), int(found[2] or 128)
    if found[1] == "0":
        four = 0
    if four > 32 or six > 128:
        raise _Wrong
    rest = rest[: found.start()]
    return Mechanism(qualifier, name, _domain(rest) if rest else None, (four, six))


def _domain(rest: str) -> Macros:
    domain = macros.read_domain(rest[1:]) if rest.startswith(":") else None
    if domain is None:
        raise _Wrong
    return domain


def _network(qualifier: str, name: str, rest: str) -> Mechanism:
    """ip4 and ip6 (RFC 7208 §5.6)."""
    address, slash, length = rest[1:].partition("/")
    longest = 32 if name == "ip4" else 128
    if not rest.startswith(":") or (slash and re.fullmatch(r"0|[1-9][0-9]{0,2}", length) is None):
        raise _Wrong
    bits = int(length) if slash else longest
    if bits > longest:
        raise _Wrong
    return Mechanism(qualifier, name, network=ipaddress.ip_network((_address(name, address), bits), strict=False))


def _address(name: str, text: str) -> IPv4Address | IPv6Address:
    if name == "ip4":
        if _IP4.match(text) is None:
            raise _Wrong
        return IPv4Address(text)
    if "%" in text:
        raise _Wrong
    try:
        return IPv6Address(text)
    except ValueError:
        raise _Wrong from None


_READERS: dict[str, Callable[[str, str, str], Mechanism]] = {
    "all": _bare,
    "include": _with_domain,
    "a": _with_lengths,
    "mx": _with_lengths,
    "ptr": _with_domain_or_none,
    "ip4": _network,
    "ip6": _network,
    "exists": _with_domain,
}
