"""KeyRotation: every domain of ours has a pair of keys that sign its mail, and the next pair takes over once the DNS shows both its records.

Making a pair is an administrator's step (`postroom domain rotate-keys`), or the first start's for a domain that has none. Selectors have the date, so that a
record in the DNS says by itself how old its key is (RFC 6376 §3.1): p20261127r for RSA, p20261127e for Ed25519 (RFC 8463 §4).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from typing import get_args

import structlog

from postroom.mailauth.dkim import keys
from postroom.model.account import DomainKey, KeyState
from postroom.model.address import Address
from postroom.model.dns import Answer, Resolver
from postroom.model.errors import MailError
from postroom.model.ports import Clock, Directory, DomainKeys

log = structlog.get_logger()

KEEP_RETIRED = 7 * 86_400  # seconds that the record of a retired key is still wanted: a queue gives up after five days
_LOOK_EVERY = 900.0  # seconds: a record that was published is found within the hour that its zone takes
_FIRST_LOOK = 5.0  # seconds after the start: mail comes first


def new_pair(domain: str, state: KeyState, now: int, taken: Collection[str] = ()) -> list[DomainKey]:
    """RSA and Ed25519; `taken` are selectors that the domain has. Some 100 ms: in a thread."""
    day = time.strftime("p%Y%m%d", time.gmtime(now))
    kinds: Sequence[keys.Kind] = get_args(keys.Kind)
    letters = {kind: kind[0] for kind in kinds}
    number = 1
    while any(_selector(day, letters[kind], number) in taken for kind in kinds):
        number += 1
    pair = []
    for kind in kinds:
        made = keys.generate(Address("", domain).ascii_domain, _selector(day, letters[kind], number), kind)
        active_at = now if state is KeyState.ACTIVE else None
        pair.append(DomainKey(domain, made.selector, kind, made.record_text, made.to_pem(), state, now, active_at))
    return pair


def _selector(day: str, letter: str, number: int) -> str:
    return f"{day}{letter}" if number == 1 else f"{day}{letter}{number}"


def record_name(key: DomainKey) -> str:
    """Where its TXT record stands."""
    return f"{key.selector}._domainkey.{Address('', key.domain).ascii_domain}"


def shows(answer: Answer[bytes], record: str) -> bool:
    """Whether the DNS has this key record, however its tags are spaced."""
    wanted = _public_part(record.encode("ascii"))
    return any(_public_part(text) == wanted for text in answer.records)


def _public_part(record: bytes) -> bytes:
    for tag in record.split(b";"):
        name, _, value = tag.partition(b"=")
        if name.strip() == b"p":
            return b"".join(value.split())
    return b""


class KeyRotation:
    """`run` until cancelled, in one worker; `turn` is one look at every domain."""

    def __init__(self, store: DomainKeys, directory: Directory, resolver: Resolver, clock: Clock) -> None:
        self._store = store
        self._directory = directory
        self._resolver = resolver
        self._clock = clock

    async def run(self) -> None:
        await asyncio.sleep(_FIRST_LOOK)
        while True:
            try:
                await self.turn()
            except MailError as error:
                log.error("domain keys can't be looked after", reason=error.detail or error.public)
            await asyncio.sleep(_LOOK_EVERY)

    async def turn(self) -> None:
        """Raises TryLater."""
        now = self._clock.now()
        for domain in await self._directory.local_domains():
            held = await self._store.keys(domain)
            if not any(key.state is KeyState.ACTIVE for key in held):
                await self._make_first(domain, [key.selector for key in held], now)
            upcoming = [key for key in held if key.state is KeyState.NEXT]
            if upcoming and await self._are_published(upcoming) and await self._store.activate(domain, now):
                log.info("domain keys active", domain=domain, selectors=[key.selector for key in upcoming])
        await self._store.forget_retired(now - KEEP_RETIRED)

    async def _make_first(self, domain: str, taken: Sequence[str], now: int) -> None:
        pair = await asyncio.to_thread(new_pair, domain, KeyState.ACTIVE, now, taken)
        if await self._store.add(pair):
            log.info("domain keys made", domain=domain, selectors=[key.selector for key in pair])

    async def _are_published(self, pair: Sequence[DomainKey]) -> bool:
        for key in pair:
            if not shows(await self._resolver.txt(record_name(key)), key.record):
                return False
        return True
