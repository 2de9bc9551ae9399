"""DomainSigner: DKIM signatures of what leaves, with both active keys of the author's domain (RFC 6376 §5, RFC 8463 §3).

A key is loaded once and then used from memory as long as it is active; which ones are is asked for each message. RSA takes a millisecond: in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from postroom.mailauth.dkim import keys
from postroom.mailauth.dkim.keys import SigningKey
from postroom.mailauth.dkim.sign import FORM, sign
from postroom.mailauth.dmarc import author
from postroom.mailauth.stream import MessageReader
from postroom.message.headers import Header
from postroom.model.account import DomainKey
from postroom.model.errors import Malformed
from postroom.model.ports import Clock, Directory, DomainKeys
from postroom.settings.sending import SendingSettings

log = structlog.get_logger()

_LOADED = 1000  # keys held in memory, some KiB each; beyond, all are loaded anew


class DomainSigner:
    """See model.ports.Signer; one per worker."""

    def __init__(
        self, store: DomainKeys, directory: Directory, clock: Clock, settings: Callable[[], SendingSettings]
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._settings = settings
        self._loaded: dict[tuple[str, bytes], SigningKey] = {}

    @property
    def is_on(self) -> bool:
        return self._settings().dkim

    async def sign(self, header: bytes, body: bytes, domain: str) -> bytes:
        if not self.is_on:
            return b""
        reader = MessageReader((FORM,))
        reader.write(header + body)
        return await self._signed(reader, b"", domain)

    async def sign_read(self, reader: MessageReader, added: bytes) -> bytes:
        """Of a message that a reader has gone through, with the fields `added` in front: by the domain of its author, where that is ours."""
        return await self._signed(reader, added, None)

    async def keys(self, domain: str) -> list[SigningKey]:
        """The active ones, RSA first; none where the domain is not ours."""
        loaded = []
        for key in await self._store.active(await self._own_name(domain)):
            one = self._load(key)
            if one is not None:
                loaded.append(one)
        return loaded

    async def _signed(self, reader: MessageReader, added: bytes, domain: str | None) -> bytes:
        message = reader.finish()
        header = Header(added + message.header.raw) if added else message.header
        whose = domain or author.read(header).domain
        body_hash = message.body_hash(FORM)
        if not whose or body_hash is None:
            return b""
        signing_keys = await self.keys(whose)
        if not signing_keys:
            return b""
        return await asyncio.to_thread(sign, header, body_hash, signing_keys, now=self._clock.now())

    async def _own_name(self, domain: str) -> str:
        """A-labels as the directory keeps them: its domains are in U-labels."""
        if "xn--" not in domain or await self._directory.is_local_domain(domain):
            return domain
        try:
            return domain.encode("ascii").decode("idna")
        except UnicodeError:
            return domain

    def _load(self, key: DomainKey) -> SigningKey | None:
        """A key that can't be read signs nothing; `postroom doctor` tells of it, and mail goes on."""
        pem = key.private_key or b""
        found = self._loaded.get((key.selector, pem))
        if found is None:
            try:
                found = keys.from_pem(key.domain, key.selector, pem)
            except Malformed as error:
                log.error("domain key not usable", domain=key.domain, selector=key.selector, reason=error.public)
                return None
            if len(self._loaded) >= _LOADED:
                self._loaded.clear()
            self._loaded[key.selector, pem] = found
        return found
