"""The sets of a chain: for each instance one ARC-Authentication-Results, one ARC-Message-Signature, one ARC-Seal (RFC 8617 §4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.mailauth import limits, names, tags
from postroom.mailauth.dkim.signature import Fault, Signature
from postroom.mailauth.stream import SignedMessage
from postroom.message.headers import Field, Header, unfold

RESULTS_NAME = b"arc-authentication-results"
SIGNATURE_NAME = b"arc-message-signature"
SEAL_NAME = b"arc-seal"
_INSTANCE = re.compile(r"[1-9][0-9]?\Z")
_OPENING = re.compile(rb"[ \t]*+i[ \t]*+=[ \t]*+([0-9]{1,3})[ \t]*+(?:;|\Z)")
_CLAIMED = re.compile(rb"(?:^|;)[ \t]*+i[ \t]*+=[ \t]*+([0-9]{1,3})[ \t]*+(?:;|\Z)")
_CHAIN_WORDS = ("none", "pass", "fail")


@dataclass(frozen=True, slots=True)
class Seal:
    """One ARC-Seal (RFC 8617 §4.1.3)."""

    instance: int
    algorithm: str
    value: bytes
    chain: str
    """cv=: what its maker found of the chain before it."""
    domain: str
    selector: str
    raw_field: bytes


@dataclass(frozen=True, slots=True)
class ArcSet:
    instance: int
    raw_results: bytes
    """The whole ARC-Authentication-Results."""
    results_value: bytes
    """What stands in it behind the instance."""
    signature_field: Field
    signature: Signature
    seal: Seal


def sets(message: SignedMessage) -> list[ArcSet] | str:
    """In order of the instances; what is wrong where they are no chain; empty where there is none."""
    header = message.header
    counts = {name: header.count(name) for name in (RESULTS_NAME, SIGNATURE_NAME, SEAL_NAME)}
    if not any(counts.values()):
        return []
    if max(counts.values()) > limits.ARC_SETS:
        return "too many instances"
    results = _results(header)
    signatures = _signatures(message)
    seals = _seals(header)
    for found in (results, signatures, seals):
        if isinstance(found, str):
            return found
    assert not isinstance(results, str) and not isinstance(signatures, str) and not isinstance(seals, str)
    instances = list(range(1, len(seals) + 1))
    if not sorted(results) == sorted(signatures) == sorted(seals) == instances:
        return "an instance is missing"
    return [ArcSet(at, *results[at], *signatures[at], seals[at]) for at in instances]


def newest(header: Header) -> int:
    """The highest instance that any field claims, for a chain that is none: the next one must differ from all."""
    claimed = [0]
    for name in (RESULTS_NAME, SIGNATURE_NAME, SEAL_NAME):
        for value in header.all(name)[: limits.ARC_SETS + 1]:
            found = _CLAIMED.search(value[: limits.SIGNATURE_FIELD])
            claimed.append(int(found[1]) if found else 0)
    return min(max(claimed), limits.ARC_SETS)


def _results(header: Header) -> dict[int, tuple[bytes, bytes]] | str:
    found: dict[int, tuple[bytes, bytes]] = {}
    for field in header.fields:
        if field.name == RESULTS_NAME:
            raw = header.raw_field(field)
            opening = _OPENING.match(unfold(raw.partition(b":")[2]))
            if opening is None or int(opening[1]) in found:
                return "an ARC-Authentication-Results without instance, or twice"
            found[int(opening[1])] = raw, unfold(raw.partition(b":")[2])[opening.end() :]
    return found


def _signatures(message: SignedMessage) -> dict[int, tuple[Field, Signature]] | str:
    found: dict[int, tuple[Field, Signature]] = {}
    for field, signature in message.arc_signatures:
        if isinstance(signature, Fault):
            return f"ARC-Message-Signature: {signature.reason}"
        instance = (tags.parse(signature.raw_field.partition(b":")[2]) or {}).get("i", "")
        if _INSTANCE.match(instance) is None or int(instance) in found:
            return "an ARC-Message-Signature without instance, or twice"
        if SEAL_NAME in signature.signed_fields:
            return "an ARC-Message-Signature of seals"  # RFC 8617 §4.1.2
        found[int(instance)] = field, signature
    return found


def _seals(header: Header) -> dict[int, Seal] | str:
    found: dict[int, Seal] = {}
    for field in header.fields:
        if field.name == SEAL_NAME:
            seal = _seal(header.raw_field(field))
            if seal is None or seal.instance in found:
                return "an ARC-Seal that can't be read, or twice"
            found[seal.instance] = seal
    return found


def _seal(raw: bytes) -> Seal | None:
    if len(raw) > limits.SIGNATURE_FIELD:
        return None
    found = tags.parse(raw.partition(b":")[2]) or {}
    domain, selector = names.normal(found.get("d", "")), names.normal(found.get("s", ""))
    value, chain, instance = tags.octets(found.get("b", "")), found.get("cv", "").lower(), found.get("i", "")
    if (
        domain is None
        or selector is None
        or not value
        or chain not in _CHAIN_WORDS
        or _INSTANCE.match(instance) is None
    ):
        return None
    if "h" in found or "bh" in found or ("t" in found and tags.number(found["t"]) is None):
        return None  # RFC 8617 §4.1.3: a seal signs all sets and nothing else
    return Seal(int(instance), found.get("a", "").lower(), value, chain, domain, selector, raw)
