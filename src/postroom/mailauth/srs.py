"""The Sender Rewriting Scheme: reverse paths for mail that is forwarded, so that SPF passes and bounces find their way back.

    SRS0=hash=day=domain=local-part@forwarder                 of mail from domain
    SRS1=hash=first-forwarder==hash=day=domain=local-part@... of mail that somebody else has rewritten already

The hash keeps strangers from using us as a relay, the day ends its use. Written for addresses whose case may be lost on the way. There is no RFC; the form is
that of the published scheme, with a longer hash of SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from postroom.mailauth import names
from postroom.model.address import Address

VALID_DAYS = 21  # a queue gives up after days, its bounce takes as long again; the rest is for slow hosts
_DAYS = 1024  # two characters of base32
_DAY_SECONDS = 86_400
_HASH_LENGTH = 6  # characters: 30 bits, which nobody guesses by mail
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_FIRST = re.compile(r"SRS0[=+-]([^=]*)=([^=]{2})=([^=]+)=(.*)\Z", re.IGNORECASE | re.DOTALL)
_LATER = re.compile(r"SRS1[=+-]([^=]*)=([^=]+)=([=+-].*)\Z", re.IGNORECASE | re.DOTALL)


def is_rewritten(address: Address) -> bool:
    """Whether it looks like one of this scheme, ours or another's."""
    return address.local_part[:5].upper() in ("SRS0=", "SRS0+", "SRS0-", "SRS1=", "SRS1+", "SRS1-")


def forward(reverse_path: Address, forwarder: str, secret: bytes, now: int) -> Address:
    """The reverse path to forward with; `forwarder` is a domain of ours whose bounces come to us, `now` Unix seconds.

    The local part may become longer than the 64 octets that every host must take (RFC 5321 §4.5.3.1.1); most take it.
    """
    local_part = reverse_path.local_part
    later = _LATER.match(local_part)
    if later is not None:
        return Address(f"SRS1={_hash(secret, later[2], later[3])}={later[2]}={later[3]}", forwarder)
    if _FIRST.match(local_part) is not None:
        rest = local_part[4:]
        return Address(f"SRS1={_hash(secret, reverse_path.domain, rest)}={reverse_path.domain}={rest}", forwarder)
    day = _day(now)
    digest = _hash(secret, day, reverse_path.domain, local_part)
    return Address(f"SRS0={digest}={day}={reverse_path.domain}={local_part}", forwarder)


def restore(address: Address, secrets: Sequence[bytes], now: int) -> Address | None:
    """Where a bounce to a rewritten address goes; None for what we did not write, or too long ago.

    `secrets`: the present one and those before it that are younger than VALID_DAYS.
    """
    later = _LATER.match(address.local_part)
    if later is not None:
        digest, domain, rest = later.groups()
        return _address(f"SRS0{rest}", domain) if _is_ours(digest, secrets, domain, rest) else None
    first = _FIRST.match(address.local_part)
    if first is None:
        return None
    digest, day, domain, local_part = first.groups()
    if not _is_ours(digest, secrets, day, domain, local_part) or not _is_recent(day, now):
        return None
    return _address(local_part, domain)


def _address(local_part: str, domain: str) -> Address | None:
    host = names.normal(domain)
    return Address(local_part, domain) if host is not None and local_part else None


def _is_ours(digest: str, secrets: Sequence[bytes], *parts: str) -> bool:
    given = digest.lower().encode("utf-8", "replace")
    return any(hmac.compare_digest(given, _hash(secret, *parts).encode("ascii")) for secret in secrets)


def _hash(secret: bytes, *parts: str) -> str:
    content = "=".join(parts).lower().encode("utf-8", "surrogatepass")
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_HASH_LENGTH]


def _day(now: int) -> str:
    number = now // _DAY_SECONDS % _DAYS
    return _ALPHABET[number // 32] + _ALPHABET[number % 32]


def _is_recent(day: str, now: int) -> bool:
    number = [_ALPHABET.find(character) for character in day.lower()]
    if min(number) < 0:
        return False
    age = (now // _DAY_SECONDS - number[0] * 32 - number[1]) % _DAYS
    return age <= VALID_DAYS or age == _DAYS - 1  # a clock that is a day behind
