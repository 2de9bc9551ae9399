"""Forwarding: what mail gets on its way when an address of ours leads to another server.

- A reverse path of our domain (SRS), so that SPF passes there and a bounce comes back here, where `restored` tells whose it is. The null path stays null.
- An ARC set with what was found when the message arrived, sealed with our domain's key (RFC 8617 §5.1), where there was something to find and the chain holds.
- A Delivered-To field with the address that led away, which tells a circle when the message comes back (RFC 5321 §6.3).
- The DSN parameters it came with; a missing ORCPT names the address that was written to (RFC 3461 §5.2.7.2, RFC 3461 §5.2.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from postroom.mailauth import srs
from postroom.mailauth.arc.seal import seal
from postroom.mailauth.arc.verify import ArcStatus
from postroom.mailauth.arrival import Authentication
from postroom.mailauth.dkim.keys import SigningKey
from postroom.mailauth.dkim.sign import FORM
from postroom.mailauth.stream import MessageReader, SignedMessage
from postroom.message import trace
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.email import Content
from postroom.model.envelope import DsnRequest
from postroom.model.errors import TryLater
from postroom.model.ports import Clock, Directory
from postroom.mta.routing import own_domain
from postroom.settings.document import Settings

_CHUNK = 1 << 20  # octets read at once to be hashed
_LONGEST_PATH = 254  # octets of a path without its brackets (RFC 5321 §4.5.3.1.3): a longer one would be refused


class SealingKeys(Protocol):
    """See msa.signing."""

    async def keys(self, domain: str) -> list[SigningKey]:
        """The active ones of a domain of ours."""


@dataclass(frozen=True, slots=True)
class Front:
    """What a forward leaves with: its reverse path, and fields in front of those of reception."""

    reverse_path: Address | None
    prefix: bytes


def is_forward(recipient: Recipient) -> bool:
    """Whether an address of ours leads to another server."""
    return recipient.account_id is None and recipient.forward_path.key != recipient.final.key


def written(forward_path: Address) -> Address:
    """As it stands in what leaves: in A-labels, so that a message that needed no SMTPUTF8 to come needs none to go on."""
    return Address(forward_path.local_part, forward_path.ascii_domain)


def forwarded_dsn(dsn: DsnRequest, forward_path: Address) -> DsnRequest:
    """The parameters go along; reports then name the address that the sender knows."""
    if dsn.original_recipient is not None:
        return dsn
    address = written(forward_path)
    return replace(dsn, original_recipient=f"{'rfc822' if address.is_ascii else 'utf-8'};{address}")


class Forwarding:
    """One per worker. `secret` is the server's own, the same in every worker."""

    def __init__(
        self, keys: SealingKeys, directory: Directory, clock: Clock, secret: bytes, settings: Callable[[], Settings]
    ) -> None:
        self._keys = keys
        self._directory = directory
        self._clock = clock
        self._secret = secret
        self._settings = settings

    def restored(self, address: Address) -> Address | None:
        """Where mail to an address that looks rewritten goes; None for what we did not write, or too long ago."""
        return srs.restore(address, (self._secret,), self._clock.now())

    async def front(
        self,
        forward_path: Address,
        reverse_path: Address | None,
        content: Content,
        authentication: Authentication | None,
    ) -> Front:
        """For what `forward_path` leads away. Raises TryLater where the content can't be read."""
        led_by = written(forward_path)
        domain = led_by.domain
        sealed = await self._seal(domain, content, authentication) if authentication is not None else b""
        return Front(await self._reverse_path(reverse_path, domain), trace.delivered_to(str(led_by)) + sealed)

    async def _reverse_path(self, reverse_path: Address | None, domain: str) -> Address | None:
        if reverse_path is None or not self._settings().sending.srs or reverse_path.domain.startswith("["):
            return reverse_path
        if await own_domain(self._directory, reverse_path.domain) is not None:
            return reverse_path
        sender = Address(reverse_path.local_part, reverse_path.ascii_domain)
        rewritten = srs.forward(sender, domain, self._secret, self._clock.now())
        return rewritten if len(str(rewritten).encode()) <= _LONGEST_PATH else reverse_path

    async def _seal(self, domain: str, content: Content, authentication: Authentication) -> bytes:
        settings = self._settings()
        if not settings.sending.arc or authentication.arc.status is ArcStatus.FAIL:
            return b""
        rsa = [key for key in await self._keys.keys(domain) if key.kind == "rsa"]  # the one that every verifier knows
        if not rsa:
            return b""
        host = Address("", settings.smtp.server_name).ascii_domain
        try:
            message = await asyncio.to_thread(_read, content)
        except OSError as error:
            raise TryLater("the message can't be read at the moment", detail=str(error)) from error
        return await asyncio.to_thread(
            seal, message, authentication.arc, rsa[0], host, authentication.methods(), self._clock.now()
        )


def _read(content: Content) -> SignedMessage:
    reader = MessageReader((FORM,))
    if content.data is not None:
        reader.write(content.data)
        return reader.finish()
    with Path(content.path or "").open("rb") as file:
        while chunk := file.read(_CHUNK):
            reader.write(chunk)
    return reader.finish()
