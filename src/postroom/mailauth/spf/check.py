"""check_host: whether a host may send mail for a domain (RFC 7208 §4), with the limits of RFC 7208 §4.6.4.

`mta` asks twice, for HELO and for the reverse path; `for_helo` and `for_reverse_path` make the questions. An explanation is a stranger's text: clean it is,
to be believed it is not.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, TypeVar

from postroom.mailauth import limits
from postroom.mailauth.spf import macros, record
from postroom.mailauth.spf.macros import Macros
from postroom.mailauth.spf.record import Mechanism, SpfRecord
from postroom.model.address import Address
from postroom.model.dns import Answer, Resolver

Ip = IPv4Address | IPv6Address
Found = TypeVar("Found")


class SpfStatus(enum.Enum):
    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_BY_QUALIFIER = {"+": SpfStatus.PASS, "-": SpfStatus.FAIL, "~": SpfStatus.SOFTFAIL, "?": SpfStatus.NEUTRAL}


@dataclass(frozen=True, slots=True)
class SpfQuestion:
    """`now` is Unix seconds and `receiver` our own name; both only fill macros in."""

    address: Ip
    domain: str
    local_part: str
    helo: str
    identity: Literal["mailfrom", "helo"]
    receiver: str = "unknown"
    now: int = 0


@dataclass(frozen=True, slots=True)
class SpfResult:
    status: SpfStatus
    identity: Literal["mailfrom", "helo"]
    domain: str
    explanation: str = ""
    """The domain's own words for a FAIL, printable ASCII; empty without."""
    reason: str = ""
    """For the log and the result field: what matched, or what went wrong."""


def for_helo(address: Ip, helo: str, *, receiver: str = "unknown", now: int = 0) -> SpfQuestion:
    """RFC 7208 §2.3."""
    return SpfQuestion(address, helo, "postmaster", helo, "helo", receiver, now)


def for_reverse_path(
    address: Ip, reverse_path: Address | None, helo: str, *, receiver: str = "unknown", now: int = 0
) -> SpfQuestion:
    """RFC 7208 §2.4; the empty reverse path stands for postmaster at the HELO name."""
    if reverse_path is None:
        return SpfQuestion(address, helo, "postmaster", helo, "mailfrom", receiver, now)
    return SpfQuestion(
        address, reverse_path.domain, reverse_path.local_part or "postmaster", helo, "mailfrom", receiver, now
    )


async def check_host(question: SpfQuestion, resolver: Resolver) -> SpfResult:
    """Never raises; in limits.EVALUATION_SECONDS."""
    domain = _multi_label(question.domain)
    if domain is None:
        return SpfResult(SpfStatus.NONE, question.identity, question.domain, reason="no domain name")
    evaluation = _Evaluation(question, resolver, domain)
    try:
        async with asyncio.timeout(limits.EVALUATION_SECONDS):
            status = await evaluation.check(domain)
            explanation = await evaluation.explanation() if status is SpfStatus.FAIL else ""
    except _Stop as stop:
        return SpfResult(stop.status, question.identity, domain, reason=stop.reason)
    except TimeoutError:
        return SpfResult(SpfStatus.TEMPERROR, question.identity, domain, reason="no answer in time")
    return SpfResult(status, question.identity, domain, explanation, evaluation.reason)


class _Stop(Exception):
    """Ends the evaluation: a permanent or temporary error, wherever in it."""

    def __init__(self, status: SpfStatus, reason: str) -> None:
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class _Evaluation:
    question: SpfQuestion
    resolver: Resolver
    sender_domain: str
    address: Ip = field(init=False)
    reason: str = ""
    _lookups: int = 0
    _voids: int = 0
    _explained: tuple[Macros, str] | None = None
    _names: list[str] | None = None
    """Of the address, once they are looked up."""
    _back: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mapped = self.question.address.ipv4_mapped if isinstance(self.question.address, IPv6Address) else None
        self.address = mapped or self.question.address

    async def check(self, domain: str, *, is_included: bool = False) -> SpfStatus:
        """The function check_host of RFC 7208 §4, for one record and what it leads to; at most limits.SPF_LOOKUPS deep."""
        policy = await self._policy(domain)
        if policy is None:
            return SpfStatus.NONE
        for mechanism in policy.mechanisms:
            if await self._matches(mechanism, domain):
                if not is_included:
                    self.reason = f"{mechanism.name} of {domain}"[: limits.REASON]
                    self._explained = (policy.explanation, domain) if policy.explanation else None
                return _BY_QUALIFIER[mechanism.qualifier]
        if policy.redirect is None:
            return SpfStatus.NEUTRAL
        self._count_lookup()
        target = await self._expanded(policy.redirect, domain)
        status = await self.check(target, is_included=is_included) if _multi_label(target) else SpfStatus.NONE
        if status is SpfStatus.NONE:
            raise _Stop(SpfStatus.PERMERROR, "redirect leads to no policy")
        return status

    async def explanation(self) -> str:
        """RFC 7208 §6.2: whatever goes wrong, there is none."""
        if self._explained is None:
            return ""
        spec, domain = self._explained
        answer = await self.resolver.txt(await self._expanded(spec, domain))
        if len(answer.records) != 1:
            return ""
        text = answer.records[0][: limits.EXPLANATION * 4].decode("ascii", "replace")
        pieces = macros.read(text, is_explanation=True)
        if pieces is None:
            return ""
        explained = macros.expand(pieces, await self._values(pieces, domain))
        return "".join(character if " " <= character <= "~" else "?" for character in explained[: limits.EXPLANATION])

    async def _policy(self, domain: str) -> SpfRecord | None:
        answer = await self.resolver.txt(domain)
        if answer.has_failed:
            raise _Stop(SpfStatus.TEMPERROR, f"the policy of {domain} can't be looked up now"[: limits.REASON])
        policies = [text for text in answer.records if record.is_policy(text)]
        if not policies:
            return None
        if len(policies) > 1:
            raise _Stop(SpfStatus.PERMERROR, f"more than one policy of {domain}"[: limits.REASON])
        policy = record.read(policies[0])
        if isinstance(policy, str):
            raise _Stop(SpfStatus.PERMERROR, policy)
        return policy

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        if mechanism.name == "all":
            return True
        if mechanism.network is not None:
            return self.address in mechanism.network
        self._count_lookup()
        target = domain if mechanism.domain is None else await self._expanded(mechanism.domain, domain)
        if mechanism.name == "include":
            return await self._includes(target)
        if mechanism.name == "exists":
            return bool(self._counted(await self.resolver.a(target)).records)
        if mechanism.name == "ptr":
            return bool(await self._validated(target))
        if mechanism.name == "a":
            return await self._has_address(target, mechanism)
        return await self._has_mx(target, mechanism)

    async def _includes(self, target: str) -> bool:
        """The table of RFC 7208 §5.2."""
        status = await self.check(target, is_included=True) if _multi_label(target) else SpfStatus.NONE
        if status is SpfStatus.NONE:
            raise _Stop(SpfStatus.PERMERROR, f"include of {target}, which has no policy"[: limits.REASON])
        return status is SpfStatus.PASS

    async def _has_address(self, name: str, mechanism: Mechanism) -> bool:
        length = mechanism.lengths[0 if self.address.version == 4 else 1]
        shift = self.address.max_prefixlen - length
        wanted = int(self.address) >> shift
        return any(int(address) >> shift == wanted for address in await self._counted_addresses(name))

    async def _has_mx(self, target: str, mechanism: Mechanism) -> bool:
        hosts = self._counted(await self.resolver.mx(target)).records
        if len(hosts) > limits.SPF_NAMES:
            raise _Stop(SpfStatus.PERMERROR, f"{target} has too many hosts"[: limits.REASON])
        for host in hosts:
            if host.host and await self._has_address(host.host, mechanism):
                return True
        return False

    async def _counted_addresses(self, name: str) -> Sequence[Ip]:
        """Of the version that the client has."""
        if self.address.version == 4:
            return self._counted(await self.resolver.a(name)).records
        return self._counted(await self.resolver.aaaa(name)).records

    async def _leads_back(self, name: str) -> bool:
        """Asked once for each name, however many macros want it."""
        if name not in self._back:
            if isinstance(self.address, IPv4Address):
                self._back[name] = self.address in (await self.resolver.a(name)).records
            else:
                self._back[name] = self.address in (await self.resolver.aaaa(name)).records
        return self._back[name]

    async def _validated(self, target: str) -> list[str]:
        """Names of the address, within the target, that lead back to it (RFC 7208 §5.5); errors find nothing."""
        if self._names is None:
            self._names = list((await self.resolver.ptr(self.address)).records[: limits.SPF_NAMES])
        found = []
        for name in self._names:
            is_wanted = not target or name == target.lower() or name.endswith("." + target.lower())
            if is_wanted and await self._leads_back(name):
                found.append(name)
        return found

    async def _expanded(self, spec: Macros, domain: str) -> str:
        return macros.expand_domain(spec, await self._values(spec, domain))

    async def _values(self, spec: Macros, domain: str) -> dict[str, str]:
        """What each letter stands for (RFC 7208 §7.2)."""
        local_part = self.question.local_part[: limits.SPF_LOCAL_PART]
        values = {
            "s": f"{local_part}@{self.sender_domain}",
            "l": local_part,
            "o": self.sender_domain,
            "d": domain,
            "i": _dotted(self.address),
            "h": self.question.helo[:255],
            "c": str(self.address),
            "r": self.question.receiver,
            "t": str(self.question.now),
            "v": "in-addr" if self.address.version == 4 else "ip6",
        }
        if "p" in macros.letters(spec):
            values["p"] = await self._name(domain)
        return values

    async def _name(self, domain: str) -> str:
        """%{p}: the domain itself, else one below it, else any."""
        valid = await self._validated("")
        within = [name for name in valid if name.endswith("." + domain.lower())]
        return domain if domain.lower() in valid else (within or valid or ["unknown"])[0]

    def _count_lookup(self) -> None:
        self._lookups += 1
        if self._lookups > limits.SPF_LOOKUPS:
            raise _Stop(SpfStatus.PERMERROR, "too many lookups")

    def _counted(self, answer: Answer[Found]) -> Answer[Found]:
        if answer.has_failed:
            raise _Stop(SpfStatus.TEMPERROR, "a lookup failed")  # the resolver's own words name our servers
        if answer.is_void:
            self._voids += 1
            if self._voids > limits.SPF_VOID_LOOKUPS:
                raise _Stop(SpfStatus.PERMERROR, "too many lookups that find nothing")
        return answer


def _multi_label(text: str) -> str | None:
    """RFC 7208 §4.3: labels of a length that DNS has, at least two of them."""
    name = text.removesuffix(".")
    if not name.isascii() and len(name) <= 255:
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(0 < len(label) < 64 for label in labels) or name.startswith("["):
        return None
    return name if name.isascii() else None


def _dotted(address: Ip) -> str:
    """%{i}: IPv6 in nibbles."""
    return str(address) if address.version == 4 else ".".join(address.exploded.replace(":", "").upper())
