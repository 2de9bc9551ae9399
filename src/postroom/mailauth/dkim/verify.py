"""What the DKIM signatures of a message are worth (RFC 6376 §6, RFC 8301, RFC 8463), in the words of RFC 8601 §2.7.1.

`verify` looks the keys up and judges; `judge` is the pure part. A signature that covers less than the body, or is made with what is too weak today, is
`policy`: valid by its own rules, and not counted. One that fails while its domain only tries DKIM (t=y) is `neutral`.
"""

from __future__ import annotations

import asyncio
import enum
import hmac
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from postroom.mailauth import limits, names
from postroom.mailauth.dkim import record
from postroom.mailauth.dkim.header_digest import header_digest
from postroom.mailauth.dkim.record import NoKey, PublicKey
from postroom.mailauth.dkim.signature import ALGORITHMS, Fault, Signature
from postroom.mailauth.stream import SignedMessage, judged
from postroom.message.headers import Field
from postroom.model.dns import Resolver


class DkimStatus(enum.Enum):
    PASS = "pass"
    FAIL = "fail"
    POLICY = "policy"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DkimResult:
    """Of one signature. `domain` is who takes responsibility when the status is PASS, and only then."""

    status: DkimStatus
    domain: str
    selector: str
    agent: str
    algorithm: str
    shown: str
    """The first octets of its b=."""
    reason: str = ""
    is_testing: bool = False
    key_bits: int = 0


async def verify(message: SignedMessage, resolver: Resolver, now: int) -> tuple[DkimResult, ...]:
    """One result for each signature looked at, in their order; empty where there is none. `now` in Unix seconds."""
    signatures = [found for _, found in message.signatures if isinstance(found, Signature)]
    wanted = {(found.selector, found.domain) for found in signatures if found.algorithm in ALGORITHMS}
    keys = await fetch_keys(wanted, resolver)
    return await judged(message, _judge_all, message, keys, now)


Keys = dict[tuple[str, str], PublicKey | NoKey]
"""By selector and domain."""


async def fetch_keys(wanted: set[tuple[str, str]], resolver: Resolver) -> Keys:
    """By selector and domain, all at the same time, in limits.EVALUATION_SECONDS."""
    keys: Keys = {}

    async def fetch(selector: str, domain: str) -> None:
        keys[selector, domain] = await record.fetch(resolver, selector, domain)

    try:
        async with asyncio.timeout(limits.EVALUATION_SECONDS), asyncio.TaskGroup() as group:
            for selector, domain in wanted:
                group.create_task(fetch(selector, domain))
    except TimeoutError:
        pass  # what is missing is a temporary error
    return keys


def _judge_all(message: SignedMessage, keys: Keys, now: int) -> tuple[DkimResult, ...]:
    return tuple(judge(message, field, found, keys, now) for field, found in message.signatures)


def judge(message: SignedMessage, field: Field, found: Signature | Fault, keys: Keys, now: int) -> DkimResult:
    """Pure; some 50 µs for RSA of 2,048 bits."""
    if isinstance(found, Fault):
        return DkimResult(
            DkimStatus.PERMERROR, found.domain, found.selector, "", found.algorithm, found.shown, found.reason
        )
    status, reason = _refused(found, now)
    key = keys.get((found.selector, found.domain), NoKey("no answer in time", is_temporary=True))
    result = DkimResult(
        status, found.domain, found.selector, found.agent, found.algorithm, found.shown, reason,
        is_testing=isinstance(key, PublicKey) and key.is_testing, key_bits=key.bits if isinstance(key, PublicKey) else 0,
    )  # fmt: skip
    if status is not DkimStatus.PASS:
        return result
    status, reason = check(message, field, found, key)
    if result.is_testing and status is not DkimStatus.PASS:
        status = DkimStatus.NEUTRAL  # RFC 6376 §3.6.1: as if it were not there
    return replace(result, status=status, reason=reason)


def check(message: SignedMessage, field: Field, found: Signature, key: PublicKey | NoKey) -> tuple[DkimStatus, str]:
    """Key, body and signature, without regard to dates; ARC asks it too."""
    if isinstance(key, NoKey):
        return (DkimStatus.TEMPERROR if key.is_temporary else DkimStatus.PERMERROR), key.reason
    status, reason = _key_refused(found, key)
    if status is not DkimStatus.PASS:
        return status, reason
    actual = message.body_hash(found.body_form, found.length)
    if actual is None:
        return DkimStatus.PERMERROR, "l= is longer than the body"
    if not hmac.compare_digest(actual, found.body_hash):
        return DkimStatus.FAIL, "the body has been changed"
    digest = header_digest(message.header, found.signed_fields, found.raw_field, found.header_form, field)
    if not is_signed(key, digest, found.value):
        return DkimStatus.FAIL, "the header has been changed, or the key is another"
    if found.length is not None and found.length < message.body_length(found.body_form):
        return DkimStatus.POLICY, "a part of the body is not signed"
    return DkimStatus.PASS, ""


def is_signed(key: PublicKey, digest: bytes, value: bytes) -> bool:
    """RFC 8463 §3: Ed25519 signs the digest as its message."""
    try:
        if isinstance(key.key, Ed25519PublicKey):
            key.key.verify(value, digest)
        else:
            key.key.verify(value, digest, PKCS1v15(), Prehashed(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _refused(found: Signature, now: int) -> tuple[DkimStatus, str]:
    if found.algorithm == "rsa-sha1":
        return DkimStatus.POLICY, "SHA-1 proves nothing"
    if found.algorithm not in ALGORITHMS:
        return DkimStatus.PERMERROR, "an unknown algorithm"
    if found.expires_at is not None and found.expires_at < now:
        return DkimStatus.FAIL, "expired"
    if found.signed_at is not None and found.signed_at > now + limits.CLOCK_SKEW:
        return DkimStatus.FAIL, "signed in the future"
    return DkimStatus.PASS, ""


def _key_refused(found: Signature, key: PublicKey) -> tuple[DkimStatus, str]:
    if key.kind != found.algorithm.partition("-")[0]:
        return DkimStatus.PERMERROR, "the key is of another kind"
    if not key.takes_sha256 or not key.is_for_email:
        return DkimStatus.PERMERROR, "the key is not for this"
    smallest, largest = limits.RSA_BITS
    if key.kind == "rsa" and not smallest <= key.bits <= largest:
        return DkimStatus.POLICY, f"an RSA key of {key.bits} bits"
    if key.is_strict and found.agent and names.normal(found.agent.rpartition("@")[2]) != found.domain:
        return DkimStatus.PERMERROR, "i= must have the domain of d="
    return DkimStatus.PASS, ""
