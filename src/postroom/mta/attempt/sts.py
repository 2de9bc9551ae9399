"""StsPolicies: the MTA-STS policy of a domain, fetched when its record changes, kept until it ends (RFC 8461 §3.3, §5.1).

A record that vanishes or can't be asked for, and a policy that can't be fetched, change nothing while an older policy holds: whoever is on the way could take them away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from postroom.mailauth import names
from postroom.mailauth.transport import mta_sts
from postroom.mailauth.transport.mta_sts import StsPolicy
from postroom.model.ports import Clock, TransportStore
from postroom.model.relaying.relay import Report
from postroom.model.relaying.transport import KeptPolicy
from postroom.mta.attempt import hosts
from postroom.mta.attempt.hosts import Ways

log = structlog.get_logger()

_AGAIN_AFTER = 300.0  # seconds until a fetch that failed is tried again (RFC 8461 §3.3 suggests five minutes)
_AT_ONCE = 20  # fetches
_MOST_FAILED = 10_000  # records remembered


class FetchFailed(Exception):
    """Why there is no policy to be read."""


class Fetcher(Protocol):
    """Who asks a web server."""

    async def fetch(self, host: str, addresses: Sequence[str], most: int) -> bytes:
        """The body of https://host/.well-known/mta-sts.txt, at most so many octets, its certificate checked, no redirect followed. Raises FetchFailed."""


class StsPolicies:
    """One per worker; see carrier.Policies."""

    def __init__(self, store: TransportStore, fetcher: Fetcher, clock: Clock, ways: Callable[[], Ways]) -> None:
        self._store = store
        self._fetcher = fetcher
        self._clock = clock
        self._ways = ways
        self._failed: dict[tuple[str, str], float] = {}
        self._fetching: dict[str, asyncio.Lock] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def enforced(self, domain: str) -> StsPolicy | None:
        name = names.normal(domain)
        if name is None:
            return None
        kept = self._store.policy(name)
        policy = self._valid(kept)
        answer = await self._ways().resolver.txt(f"_mta-sts.{name}")
        policy_id = mta_sts.read_record(answer.records) if answer.records else None
        if policy_id is not None and (policy is None or kept is None or kept.policy_id != policy_id):
            policy = await self._renew(name, policy_id) or policy
        return policy if policy is not None and policy.mode == "enforce" else None

    def _valid(self, kept: KeptPolicy | None) -> StsPolicy | None:
        if kept is None:
            return None
        policy = mta_sts.read_policy(kept.body)
        return policy if policy is not None and self._clock.now() < kept.fetched_at + policy.max_age else None

    async def _renew(self, domain: str, policy_id: str) -> StsPolicy | None:
        """One fetch of a domain at a time; the others take what it brought."""
        lock = self._fetching.setdefault(domain, asyncio.Lock())
        try:
            async with lock:
                kept = self._store.policy(domain)
                if kept is not None and kept.policy_id == policy_id and (policy := self._valid(kept)) is not None:
                    return policy
                if self._failed.get((domain, policy_id), 0.0) > asyncio.get_running_loop().time():
                    return None
                return await self._fetch(domain, policy_id)
        finally:
            if not lock.locked():
                self._fetching.pop(domain, None)

    async def _fetch(self, domain: str, policy_id: str) -> StsPolicy | None:
        host_name = f"mta-sts.{domain}"
        try:
            async with self._room:
                found = await hosts.host(host_name, self._ways())
                if isinstance(found, Report):
                    raise FetchFailed(found.reply)
                addresses = [str(address) for address in found.addresses]
                body = await self._fetcher.fetch(host_name, addresses, mta_sts.MAX_POLICY)
            policy = mta_sts.read_policy(body)
            if policy is None:
                raise FetchFailed("what it serves is no policy")
        except FetchFailed as error:
            log.warning("MTA-STS policy not fetched", domain=domain, reason=str(error))
            if len(self._failed) >= _MOST_FAILED:
                self._failed.clear()
            self._failed[domain, policy_id] = asyncio.get_running_loop().time() + _AGAIN_AFTER
            return None
        await self._store.keep_policy(domain, KeptPolicy(policy_id, body, self._clock.now()))
        log.info("MTA-STS policy fetched", domain=domain, mode=policy.mode, seconds=policy.max_age)
        return policy
