"""Signature: one DKIM-Signature, or ARC-Message-Signature, as its tags say (RFC 6376 §3.5, RFC 8617 §4.1.2).

Read strictly: a tag that is wrong, missing or there twice makes the whole a Fault, which `verify` reports as permerror.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.mailauth import limits, names, tags
from postroom.mailauth.dkim.canonical import Canonicalisation

ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
"""That can be verified; rsa-sha1 is known and refused (RFC 8301 §3.1)."""

_REQUIRED = ("a", "b", "bh", "d", "h", "s")


@dataclass(frozen=True, slots=True)
class Signature:
    algorithm: str
    value: bytes
    body_hash: bytes
    header_form: Canonicalisation
    body_form: Canonicalisation
    domain: str
    selector: str
    agent: str
    """The i= of DKIM, "@domain" where it isn't given; empty in ARC, whose i= is the instance."""
    signed_fields: tuple[bytes, ...]
    """Lower-case names, in the order of h=."""
    length: int | None
    signed_at: int | None
    expires_at: int | None
    raw_field: bytes

    @property
    def shown(self) -> str:
        """The first octets of b=, by which results tell signatures apart (RFC 6008 §4)."""
        return shown(self.raw_field)


@dataclass(frozen=True, slots=True)
class Fault:
    """A signature that can't be read, with what could be read of it."""

    reason: str
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    shown: str = ""


def read(raw_field: bytes, *, is_arc: bool = False) -> Signature | Fault:
    """Of a whole field with its name and line end."""
    if len(raw_field) > limits.SIGNATURE_FIELD:
        return Fault("the field is too long")
    found = tags.parse(raw_field.partition(b":")[2])
    if found is None:
        return Fault("no list of tags, or a tag twice")
    domain, selector = names.normal(found.get("d", "")), names.normal(found.get("s", ""))
    algorithm = found.get("a", "").lower()

    def fault(reason: str) -> Fault:
        return Fault(reason, domain or "", selector or "", algorithm, shown(raw_field))

    missing = [tag for tag in (_REQUIRED if is_arc else ("v", *_REQUIRED)) if not found.get(tag)]
    if missing:
        return fault(f"no {missing[0]}= tag")
    if not is_arc and found["v"] != "1":
        return fault("another version")
    if domain is None or selector is None:
        return fault("d= or s= is no name")
    forms, value, body_hash = _forms(found.get("c", "")), tags.octets(found["b"]), tags.octets(found["bh"])
    if forms is None:
        return fault("an unknown canonicalisation")
    if not value or not body_hash:
        return fault("b= or bh= is no base64")
    signed_fields = tuple(name.lower().encode() for name in tags.words(found["h"]))
    if len(signed_fields) > limits.SIGNED_FIELDS or b"" in signed_fields:
        return fault("h= is no list of fields, or too long")
    if b"from" not in signed_fields and not is_arc:
        return fault("From is not signed")
    numbers = {tag: tags.number(found[tag]) for tag in ("l", "t", "x") if tag in found}
    if None in numbers.values():
        return fault("l=, t= or x= is no number")
    signed_at, expires_at = numbers.get("t"), numbers.get("x")
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        return fault("x= is not after t=")
    agent = "" if is_arc else found.get("i", "@" + domain)
    if not is_arc and not _is_agent_of(agent, domain):
        return fault("i= is not within d=")
    if not is_arc and "dns/txt" not in [method.lower() for method in tags.words(found.get("q", "dns/txt"))]:
        return fault("an unknown way to the key")
    return Signature(
        algorithm, value, body_hash, *forms, domain, selector, agent, signed_fields, numbers.get("l"), signed_at, expires_at, raw_field
    )  # fmt: skip


def shown(raw_field: bytes) -> str:
    found = tags.parse(raw_field.partition(b":")[2][: limits.SIGNATURE_FIELD]) or {}
    value = "".join(found.get("b", "").split())[:12]
    return value if value.isascii() else ""


def _forms(text: str) -> tuple[Canonicalisation, Canonicalisation] | None:
    """c=; the body's is simple where only one is named (RFC 6376 §3.5)."""
    header, _, body = text.strip().lower().partition("/")
    try:
        return Canonicalisation(header or "simple"), Canonicalisation(body or "simple")
    except ValueError:
        return None


def _is_agent_of(agent: str, domain: str) -> bool:
    _, at, host = agent.rpartition("@")
    name = names.normal(host)
    return bool(at) and name is not None and names.is_within(name, domain)
