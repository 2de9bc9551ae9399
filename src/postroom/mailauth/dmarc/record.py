"""DmarcRecord: a policy as it stands in DNS (RFC 9989 §4.7).

    _dmarc.example.test. TXT "v=DMARC1; p=reject; rua=mailto:reports@example.test"

What is wrong behind the version is left out in favour of the default; tags of RFC 7489 that are gone (pct, rf, ri) are not known here.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from postroom.mailauth import limits, names, tags
from postroom.model.dns import Resolver

_VERSION = re.compile(rb"[vV][ \t]*+=[ \t]*+DMARC1[ \t]*+(?:;|\Z)")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}\Z")


class Policy(enum.Enum):
    """What a domain wishes for mail that fails, the mildest first."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    policy: Policy | None
    """None: neither a policy nor somebody to report to, so that DMARC is not done (RFC 9989 §4.10.1)."""
    subdomain_policy: Policy | None = None
    absent_policy: Policy | None = None
    """np=: for names that don't exist."""
    strict_dkim: bool = False
    strict_spf: bool = False
    is_testing: bool = False
    public_suffix: str = "u"
    """psd=: y, n or u."""
    aggregate_reports: tuple[str, ...] = ()
    """rua=: addresses, local-part@domain."""
    failure_reports: tuple[str, ...] = ()
    failure_options: frozenset[str] = frozenset({"0"})


def read(record: bytes) -> DmarcRecord | None:
    """None for what is no DMARC record."""
    if _VERSION.match(record) is None:
        return None
    found = tags.lenient(record)
    reports = _addresses(found.get("rua", ""))
    wishes = {tag: _policy(found[tag]) for tag in ("p", "sp", "np") if tag in found}
    policy = wishes.get("p")
    subdomain_policy, absent_policy = wishes.get("sp"), wishes.get("np")
    if policy is None or None in wishes.values():
        policy, subdomain_policy, absent_policy = (Policy.NONE if reports else None), None, None
    return DmarcRecord(
        policy,
        subdomain_policy,
        absent_policy,
        strict_dkim=found.get("adkim", "r").lower() == "s",
        strict_spf=found.get("aspf", "r").lower() == "s",
        is_testing=found.get("t", "n").lower() == "y",
        public_suffix=psd if (psd := found.get("psd", "u").lower()) in ("y", "n") else "u",
        aggregate_reports=reports,
        failure_reports=_addresses(found.get("ruf", "")),
        failure_options=frozenset(tags.words(found.get("fo", "0").lower())) & {"0", "1", "d", "s"} or frozenset({"0"}),
    )


async def may_report(resolver: Resolver, policy_domain: str, organizational_domain: str, address: str) -> bool:
    """Whether reports about a domain may go to an address: within the organization they may, elsewhere that domain must say so (RFC 9990)."""
    host = names.normal(address.rpartition("@")[2])
    if host is None:
        return False
    if names.is_within(host, organizational_domain):
        return True
    answer = await resolver.txt(f"{policy_domain}._report._dmarc.{host}")
    return any(_VERSION.match(text) for text in answer.records)


def _policy(text: str) -> Policy | None:
    try:
        return Policy(text.lower())
    except ValueError:
        return None


def _addresses(text: str) -> tuple[str, ...]:
    """Of mailto: URIs, without the size that RFC 7489 let follow; others can't be served."""
    found = []
    for uri in text.split(",", limits.REPORT_URIS * 2)[: limits.REPORT_URIS * 2]:
        scheme, _, address = uri.strip(" \t").partition(":")
        local_part, _, domain = address.partition("!")[0].rpartition("@")
        host = names.normal(domain)
        if scheme.lower() == "mailto" and host is not None and _LOCAL_PART.match(local_part):
            found.append(f"{local_part}@{host}")
    return tuple(found[: limits.REPORT_URIS])
