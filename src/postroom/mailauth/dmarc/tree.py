"""The DNS Tree Walk: the policies at a name and above it, and the organizational domain that follows (RFC 9989 §4.10).

At most eight lookups: a name of eight labels and more is cut to seven after the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.mailauth import limits, names
from postroom.mailauth.dmarc import record
from postroom.mailauth.dmarc.record import DmarcRecord
from postroom.model.dns import Resolver


@dataclass(frozen=True, slots=True)
class Walk:
    """`found` holds names with their records, the longest first."""

    start: str
    found: tuple[tuple[str, DmarcRecord], ...]
    has_failed: bool
    """A lookup failed for now: what is above may be missing."""

    @property
    def organizational_domain(self) -> str:
        """RFC 9989 §4.10.2."""
        for name, policy in self.found:
            if policy.public_suffix == "n":
                return name
            if policy.public_suffix == "y" and name != self.start:
                labels = self.start.split(".")
                return ".".join(labels[-(name.count(".") + 2) :])
        return self.found[-1][0] if self.found else self.start

    @property
    def applied(self) -> tuple[str, DmarcRecord] | None:
        """The name and policy for mail from `start`: its own, its organization's, its public suffix's (RFC 9989 §4.10.1)."""
        by_name = dict(self.found)
        for name in (self.start, self.organizational_domain):
            if name in by_name:
                return name, by_name[name]
        return next(((name, policy) for name, policy in self.found if policy.public_suffix == "y"), None)


class TreeWalker:
    """Walks for one message: each name is asked for once."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[str, DmarcRecord | None] = {}
        self._failed: set[str] = set()
        self._walks: dict[str, Walk] = {}

    async def walk(self, start: str) -> Walk:
        """From a normal name upwards."""
        if start not in self._walks:
            found = []
            has_failed = False
            for name in targets(start):
                policy = await self._policy(name)
                has_failed = has_failed or name in self._failed
                if policy is not None:
                    found.append((name, policy))
                    if policy.public_suffix != "u":
                        break
            self._walks[start] = Walk(start, tuple(found), has_failed)
        return self._walks[start]

    async def _policy(self, name: str) -> DmarcRecord | None:
        if name not in self._known:
            answer = await self._resolver.txt(f"_dmarc.{name}")
            if answer.has_failed:
                self._failed.add(name)
            policies = [policy for policy in map(record.read, answer.records) if policy is not None]
            self._known[name] = policies[0] if len(policies) == 1 else None
        return self._known[name]


def targets(start: str) -> list[str]:
    """The names that are asked for, in order."""
    above = names.parents(start)
    return above[:1] + above[1:][-(limits.TREE_QUERIES - 1) :]
