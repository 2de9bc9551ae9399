"""The results of our checks as methods and properties of Authentication-Results: which of them readers get to see (RFC 8601 §2.7)."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.mailauth.arc.verify import ArcResult
from postroom.mailauth.dkim.verify import DkimResult
from postroom.mailauth.dmarc.evaluate import DmarcResult
from postroom.mailauth.dmarc.record import Policy
from postroom.mailauth.results import MethodResult, Property
from postroom.mailauth.spf.check import SpfResult


def of_dkim(results: Sequence[DkimResult]) -> list[MethodResult]:
    """RFC 8601 §2.7.1; a message without signatures has `none`."""
    if not results:
        return [MethodResult("dkim", "none")]
    found = []
    for result in results:
        properties = [
            Property("header", "d", result.domain),
            Property("header", "i", result.agent),
            Property("header", "s", result.selector),
            Property("header", "a", result.algorithm),
            Property("header", "b", result.shown[:8]),
        ]
        reason = result.reason or ("a testing key" if result.is_testing else "")
        found.append(
            MethodResult("dkim", result.status.value, reason, tuple(given for given in properties if given.value))
        )
    return found


def of_spf(result: SpfResult, identity: str) -> MethodResult:
    """RFC 8601 §2.7.2; `identity` is the reverse path without its brackets, or the HELO name."""
    name = "mailfrom" if result.identity == "mailfrom" else "helo"
    return MethodResult("spf", result.status.value, result.reason, (Property("smtp", name, identity or result.domain),))


def of_dmarc(result: DmarcResult) -> MethodResult:
    """With the wish of the domain, as RFC 9989 registers it for the ptype `policy`."""
    properties = [Property("header", "from", result.header_from)] if result.header_from else []
    if result.record is not None:
        wish = Policy.NONE if result.record.is_testing else result.policy
        properties.append(Property("policy", "dmarc", wish.value))
    return MethodResult("dmarc", result.status.value, result.reason, tuple(properties))


def of_arc(result: ArcResult) -> MethodResult:
    """RFC 8617 §10.1 registers the method."""
    return MethodResult("arc", result.status.value, result.reason)
