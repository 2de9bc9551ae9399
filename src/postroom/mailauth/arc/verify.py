"""Whether the chain of a message holds (RFC 8617 §5.2): its sets are whole, the newest signature fits the message, every seal fits its sets.

A chain whose keys can't be looked up now has failed for the moment; `is_temporary` says so.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
from dataclasses import dataclass

from postroom.mailauth import limits, results
from postroom.mailauth.arc import chain
from postroom.mailauth.arc.chain import ArcSet
from postroom.mailauth.dkim.canonical import Canonicalisation, header_field, without_signature
from postroom.mailauth.dkim.record import NoKey
from postroom.mailauth.dkim.signature import ALGORITHMS
from postroom.mailauth.dkim.verify import DkimStatus, Keys, check, fetch_keys, is_signed
from postroom.mailauth.results import AuthenticationResults
from postroom.mailauth.stream import SignedMessage, judged
from postroom.model.dns import Resolver

_RELAXED = Canonicalisation.RELAXED


class ArcStatus(enum.Enum):
    NONE = "none"
    PASS = "pass"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ArcResult:
    status: ArcStatus
    instance: int = 0
    """The newest that is there: the next seal is one more."""
    sealers: tuple[str, ...] = ()
    """Domains of the seals, the oldest first; to be believed when the status is PASS."""
    found: tuple[AuthenticationResults | None, ...] = ()
    """What each of them says it found."""
    reason: str = ""
    is_temporary: bool = False
    is_ended: bool = False
    """The newest seal says that the chain had failed before it: nobody may add to it (RFC 8617 §5.1)."""


async def verify(message: SignedMessage, resolver: Resolver) -> ArcResult:
    """Never raises; in limits.EVALUATION_SECONDS. The newest set first: a chain that doesn't fit the message costs two lookups."""
    try:
        async with asyncio.timeout(limits.EVALUATION_SECONDS):
            return await _verify(message, resolver)
    except TimeoutError:
        newest = chain.newest(message.header)
        return ArcResult(ArcStatus.FAIL, newest, reason="no answer in time", is_temporary=True)


async def _verify(message: SignedMessage, resolver: Resolver) -> ArcResult:
    sets = chain.sets(message)
    if isinstance(sets, str):
        return ArcResult(ArcStatus.FAIL, chain.newest(message.header), reason=sets)
    if not sets:
        return ArcResult(ArcStatus.NONE)
    last = sets[-1]
    sealers = tuple(one.seal.domain for one in sets)
    found = tuple(results.parse(one.results_value) for one in sets)

    def failed(reason: str, *, is_temporary: bool = False) -> ArcResult:
        is_ended = last.seal.chain == "fail"
        return ArcResult(ArcStatus.FAIL, len(sets), sealers, found, reason, is_temporary, is_ended)

    if last.seal.chain == "fail":
        return failed("the chain had failed before")
    if any(one.seal.chain != ("none" if one.instance == 1 else "pass") for one in sets):
        return failed("a seal that contradicts its place")
    keys = await fetch_keys(_wanted([last]), resolver)
    status, reason = await judged(message, _signature_status, message, last, keys)
    if status is not DkimStatus.PASS:
        return failed(reason, is_temporary=status is DkimStatus.TEMPERROR)
    keys |= await fetch_keys(_wanted(sets) - keys.keys(), resolver)
    problem, is_temporary = await judged(message, judge_seals, sets, keys)
    if problem:
        return failed(problem, is_temporary=is_temporary)
    return ArcResult(ArcStatus.PASS, len(sets), sealers, found)


def judge_seals(sets: list[ArcSet], keys: Keys) -> tuple[str, bool]:
    """Pure: what is wrong with the oldest seal that is, and whether that may pass. Each set is hashed once."""
    running = hashlib.sha256()
    for one in sets:
        before = (header_field(one.raw_results, _RELAXED), header_field(one.signature.raw_field, _RELAXED))
        digest = running.copy()
        digest.update(b"".join(before) + sealed_part(one.seal.raw_field))
        running.update(b"".join(before) + header_field(one.seal.raw_field, _RELAXED))
        key = keys.get((one.seal.selector, one.seal.domain), NoKey("no answer in time", is_temporary=True))
        if isinstance(key, NoKey):
            return f"seal {one.instance}: {key.reason}", key.is_temporary
        is_strong = key.kind != "rsa" or limits.RSA_BITS[0] <= key.bits <= limits.RSA_BITS[1]
        is_fitting = one.seal.algorithm in ALGORITHMS and one.seal.algorithm.startswith(key.kind) and is_strong
        if not is_fitting or not is_signed(key, digest.digest(), one.seal.value):
            return f"seal {one.instance} does not fit", False
    return "", False


def sealed_part(raw_seal: bytes) -> bytes:
    """A seal as its own signature covers it: without b= and without a line end."""
    return header_field(without_signature(raw_seal), _RELAXED).removesuffix(b"\r\n")


def _wanted(sets: list[ArcSet]) -> set[tuple[str, str]]:
    newest = sets[-1].signature
    return {(one.seal.selector, one.seal.domain) for one in sets} | {(newest.selector, newest.domain)}


def _signature_status(message: SignedMessage, last: ArcSet, keys: Keys) -> tuple[DkimStatus, str]:
    found = last.signature
    if found.algorithm not in ALGORITHMS:
        return DkimStatus.PERMERROR, "an unknown algorithm"
    key = keys.get((found.selector, found.domain), NoKey("no answer in time", is_temporary=True))
    return check(message, last.signature_field, found, key)
