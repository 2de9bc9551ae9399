"""Uploads of certificates: refused in words, or kept in a form that is taken again as it is."""

from __future__ import annotations

from functools import cache

from fuzz.seeds import TESTS
from postroom.model.errors import Malformed
from postroom.net.certificates import make_self_signed
from postroom.net.certificates.examination import examine

_NOW = 1_793_000_000
_BETWEEN = b"\0"


def upload(data: bytes) -> None:
    """A chain, and a key behind a zero octet."""
    chain, _, key = data.partition(_BETWEEN)
    try:
        kept = examine(chain, key, _NOW)
    except Malformed as refusal:
        assert [fault.field in ("chain", "key") for fault in refusal.faults] == [True]
        return
    again = examine(kept.content, kept.content, _NOW)
    assert again.content == kept.content
    assert again.facts.names == kept.facts.names


@cache
def seeds() -> tuple[bytes, ...]:
    chain, key = make_self_signed("mail.example.test", _NOW)
    other, _ = make_self_signed("other.example.test", _NOW)
    old = (TESTS / "data" / "sha1_certificate.pem").read_bytes()
    return (chain + _BETWEEN + key, other + chain + _BETWEEN + key, old + _BETWEEN + old, chain + _BETWEEN)
