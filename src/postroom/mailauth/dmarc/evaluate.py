"""Whether a message passes DMARC, and what its author's domain wishes where it does not (RFC 9989 §4, RFC 9989 §5.3).

`disposition` is that wish after t=y: what the receiver does with it is the receiver's decision (mta), and ARC or a local list may overrule it.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from postroom.mailauth import limits, names
from postroom.mailauth.dkim.verify import DkimResult, DkimStatus
from postroom.mailauth.dmarc.author import Author, AuthorProblem
from postroom.mailauth.dmarc.record import DmarcRecord, Policy
from postroom.mailauth.dmarc.tree import TreeWalker, Walk
from postroom.mailauth.spf.check import SpfResult, SpfStatus
from postroom.model.dns import Outcome, Resolver


class DmarcStatus(enum.Enum):
    NONE = "none"
    PASS = "pass"
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DmarcResult:
    status: DmarcStatus
    header_from: str
    """The author's domain; empty where there is a problem."""
    policy_domain: str = ""
    """Where the record was found."""
    organizational_domain: str = ""
    record: DmarcRecord | None = None
    policy: Policy = Policy.NONE
    """The wish that applies to this domain: p, sp or np."""
    disposition: Policy = Policy.NONE
    """What is wished for this message."""
    aligned_dkim: tuple[str, ...] = ()
    """Domains of signatures that passed and are aligned."""
    aligned_spf: bool = False
    problem: AuthorProblem | None = None
    reason: str = ""


async def evaluate(
    author: Author, spf: SpfResult | None, dkim: Sequence[DkimResult], resolver: Resolver
) -> DmarcResult:
    """`spf` is the result for the reverse path; never raises; in limits.EVALUATION_SECONDS."""
    if author.problem is not None:
        return DmarcResult(DmarcStatus.PERMERROR, "", problem=author.problem, reason=author.problem.value)
    try:
        async with asyncio.timeout(limits.EVALUATION_SECONDS):
            return await _evaluate(author.domain, spf, dkim, resolver)
    except TimeoutError:
        return DmarcResult(DmarcStatus.TEMPERROR, author.domain, reason="no answer in time")


async def _evaluate(domain: str, spf: SpfResult | None, dkim: Sequence[DkimResult], resolver: Resolver) -> DmarcResult:
    walker = TreeWalker(resolver)
    walk = await walker.walk(domain)
    applied = walk.applied
    if applied is None:
        if walk.has_failed:
            return DmarcResult(DmarcStatus.TEMPERROR, domain, reason="the policy can't be looked up now")
        return DmarcResult(DmarcStatus.NONE, domain, reason="no policy")
    policy_domain, record = applied
    if record.policy is None:
        return DmarcResult(DmarcStatus.NONE, domain, policy_domain, reason="the record has no policy")
    alignment = _Alignment(walker, walk)
    passed = dict.fromkeys(result.domain for result in dkim if result.status is DkimStatus.PASS)
    aligned_dkim = tuple([name for name in passed if await alignment.holds(name, record.strict_dkim)])
    aligned_spf = (
        spf is not None
        and spf.identity == "mailfrom"
        and spf.status is SpfStatus.PASS
        and await alignment.holds(names.normal(spf.domain) or "", record.strict_spf)
    )
    policy = await _wish(domain, policy_domain, record, resolver)
    status, reason = DmarcStatus.PASS, ""
    if not aligned_dkim and not aligned_spf:
        status, reason = _failure(walk.has_failed or alignment.has_failed, spf, dkim)
    disposition = policy if status is DmarcStatus.FAIL and not record.is_testing else Policy.NONE
    return DmarcResult(
        status, domain, policy_domain, walk.organizational_domain, record, policy, disposition, aligned_dkim, aligned_spf, reason=reason
    )  # fmt: skip


class _Alignment:
    """Whether an authenticated name belongs to the author's organization (RFC 9989 §4.10.2)."""

    def __init__(self, walker: TreeWalker, author: Walk) -> None:
        self._walker = walker
        self._author = author
        self.has_failed = False

    async def holds(self, name: str, is_strict: bool) -> bool:
        if name == self._author.start:
            return True
        organization = self._author.organizational_domain
        # a name outside the organization has another one, whatever a walk finds: no lookup for it
        if is_strict or not name or not names.is_within(name, organization):
            return False
        walk = await self._walker.walk(name)
        self.has_failed = self.has_failed or walk.has_failed
        return walk.organizational_domain == organization


async def _wish(domain: str, policy_domain: str, record: DmarcRecord, resolver: Resolver) -> Policy:
    """RFC 9989 §4.10.1: p for the name itself, sp and np for what is below."""
    policy = record.policy or Policy.NONE
    if domain == policy_domain:
        return policy
    subdomain_policy = record.subdomain_policy or policy
    if record.absent_policy is None or record.absent_policy is subdomain_policy:
        return subdomain_policy
    is_absent = (await resolver.a(domain)).outcome is Outcome.NO_SUCH_NAME  # RFC 8020: NXDOMAIN, of any type
    return record.absent_policy if is_absent else subdomain_policy


def _failure(has_failed: bool, spf: SpfResult | None, dkim: Sequence[DkimResult]) -> tuple[DmarcStatus, str]:
    """A failure that an answer from DNS could have made a pass is none yet."""
    if has_failed:
        return DmarcStatus.TEMPERROR, "the organization can't be looked up now"
    if any(result.status is DkimStatus.TEMPERROR for result in dkim):
        return DmarcStatus.TEMPERROR, "a key can't be looked up now"
    if spf is not None and spf.status is SpfStatus.TEMPERROR:
        return DmarcStatus.TEMPERROR, "SPF can't be looked up now"
    return DmarcStatus.FAIL, "nothing that passed is aligned"
