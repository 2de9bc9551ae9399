"""PublicKey: the record that a signing domain publishes below its selector (RFC 6376 §3.6.1, RFC 8463 §4.2).

    selector._domainkey.example.test. TXT "v=DKIM1; k=rsa; p=..."

Keys of RSA come as SubjectPublicKeyInfo, or bare as RFC 6376 §3.6.1 has it; keys of Ed25519 as 32 octets.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from postroom.mailauth import limits, tags
from postroom.model.dns import Answer, Outcome, Resolver


@dataclass(frozen=True, slots=True)
class PublicKey:
    key: RSAPublicKey | Ed25519PublicKey
    is_testing: bool
    """t=y: the domain only tries DKIM."""
    is_strict: bool
    """t=s: i= must have the domain itself, none below it."""
    takes_sha256: bool
    is_for_email: bool

    @property
    def kind(self) -> str:
        return "rsa" if isinstance(self.key, RSAPublicKey) else "ed25519"

    @property
    def bits(self) -> int:
        return self.key.key_size if isinstance(self.key, RSAPublicKey) else 256


@dataclass(frozen=True, slots=True)
class NoKey:
    reason: str
    is_temporary: bool = False


async def fetch(resolver: Resolver, selector: str, domain: str) -> PublicKey | NoKey:
    return choose(await resolver.txt(f"{selector}._domainkey.{domain}"))


def choose(answer: Answer[bytes]) -> PublicKey | NoKey:
    """The key among the records of a name. Two keys are an error: RFC 6376 §3.6.2.2 leaves it open, and one of them may be a stranger's."""
    if answer.has_failed:
        return NoKey("the key can't be looked up now", is_temporary=True)
    if answer.outcome is not Outcome.FOUND:
        return NoKey("no key is published")
    keys = [record for record in answer.records if b"p=" in record[: limits.RECORD]]
    if len(keys) != 1:
        return NoKey("more than one key is published" if keys else "no key is published")
    return read(keys[0])


def read(record: bytes) -> PublicKey | NoKey:
    if len(record) > limits.RECORD:
        return NoKey("the key record is too long")
    pairs = tags.pairs(record)
    found = tags.parse(record)
    if pairs is None or found is None:
        return NoKey("the key record is no list of tags")
    if "v" in found and (pairs[0][0] != "v" or found["v"] != "DKIM1"):
        return NoKey("the key record has another version")
    if "p" not in found:
        return NoKey("the key record has no key")
    if not found["p"]:
        return NoKey("the key is revoked")
    data = tags.octets(found["p"])
    key = _key(found.get("k", "rsa").lower(), data) if data else NoKey("the key is no base64")
    if isinstance(key, NoKey):
        return key
    flags = tags.words(found.get("t", "").lower())
    return PublicKey(
        key,
        is_testing="y" in flags,
        is_strict="s" in flags,
        takes_sha256="h" not in found or "sha256" in tags.words(found["h"].lower()),
        is_for_email=not {"*", "email"}.isdisjoint(tags.words(found.get("s", "*").lower())),
    )


def _key(kind: str, data: bytes) -> RSAPublicKey | Ed25519PublicKey | NoKey:
    try:
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(data)
        if kind != "rsa":
            return NoKey("the key is of an unknown kind")
        key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return NoKey("the key can't be read")
    if not isinstance(key, RSAPublicKey):
        return NoKey("the key is of another kind than it says")
    if key.public_numbers().e.bit_length() > limits.RSA_EXPONENT_BITS:
        return NoKey("the key has too large an exponent")
    return key
