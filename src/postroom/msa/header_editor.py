"""HeaderEditor: holds back the header of a submitted message until it is whole, judges its From, cuts out Bcc and repairs line ends before anything is
staged.

A stored message is never changed, so what must not be in it is taken out on the way in; fields that are missing, and the signatures of what was staged, are
handed back, to stand in front.
"""

from __future__ import annotations

import secrets
from typing import Protocol

from postroom.mailauth.dkim.sign import FORM
from postroom.mailauth.stream import MessageReader
from postroom.message import compose, limits
from postroom.message.fields import addresses
from postroom.message.headers import read_header, unfold
from postroom.message.line_ends import LineEndRepair
from postroom.model.account import Principal
from postroom.model.address import Address, fold
from postroom.model.errors import Malformed, Meaning, NotPermitted
from postroom.model.ports import Clock, Directory, StagedContent


class ReadSigner(Protocol):
    """See msa.signing."""

    @property
    def is_on(self) -> bool: ...

    async def sign_read(self, reader: MessageReader, added: bytes) -> bytes: ...


class HeaderEditor:
    """See mta.transaction.Editor. One per message."""

    def __init__(
        self,
        directory: Directory,
        clock: Clock,
        principal: Principal,
        *,
        check_from: bool,
        signer: ReadSigner | None = None,
    ) -> None:
        self._signer = signer
        self._reader = MessageReader((FORM,)) if signer is not None and signer.is_on else None
        self._directory = directory
        self._clock = clock
        self._principal = principal
        self._check_from = check_from
        self._line_ends = LineEndRepair()
        self._held = bytearray()
        self._header: bytes | None = None
        self._too_long = False

    def write(self, data: bytes, staged: StagedContent) -> None:
        self._write(self._line_ends.repair(data), staged)

    def _write(self, data: bytes, staged: StagedContent) -> None:
        if self._header is not None:
            self._pass_on(data, staged)
            return
        if self._too_long:
            return
        searched = max(0, len(self._held) - 3)
        self._held += data
        if self._held.startswith(b"\r\n"):
            end = 2
        else:
            border = self._held.find(b"\n\r\n", searched)
            end = border + 3 if border >= 0 else 0
        if end:
            self._take(bytes(self._held[:end]), bytes(self._held[end:]), staged)
        elif len(self._held) > limits.HEADER_BLOCK:
            self._too_long = True
            self._held.clear()

    async def finish(self, staged: StagedContent) -> bytes:
        """Raises NotPermitted (SENDER_NOT_OWNED), Malformed (CONTENT_REFUSED)."""
        self._write(self._line_ends.rest(), staged)
        if self._too_long:
            raise Malformed("the header of this message is too long", meaning=Meaning.CONTENT_REFUSED)
        if self._header is None:
            self._take(bytes(self._held), b"", staged)
        header = self._header or b""
        if self._check_from:
            await self._check_authors(header)
        principal = self._principal
        origin = compose.Origin(
            at=self._clock.now(),
            unique=secrets.token_hex(16),
            domain=principal.address.ascii_domain,
            header_from=compose.mailbox(str(principal.address), principal.display_name),
        )
        added = compose.missing_fields(read_header(header), origin)
        if self._signer is None or self._reader is None:
            return added
        return await self._signer.sign_read(self._reader, added) + added

    def _take(self, header: bytes, rest: bytes, staged: StagedContent) -> None:
        self._header = header
        self._held.clear()
        edited = compose.remove_fields(header)
        if edited or rest:
            self._pass_on(edited + rest, staged)

    def _pass_on(self, data: bytes, staged: StagedContent) -> None:
        staged.write(data)
        if self._reader is not None:
            self._reader.write(data)

    async def _check_authors(self, header: bytes) -> None:
        """Every mailbox of every From field must be the account's own (RFC 6409 §6.1)."""
        for start, end in compose.field_ranges(header, (b"from",)):
            authors = addresses.parse(unfold(header[start:end].partition(b":")[2]))
            if not any(author.is_mailbox for author in authors):
                raise _not_owned("")
            for author in authors:
                if author.is_mailbox:
                    await self._check_author(author)

    async def _check_author(self, author: addresses.HeaderAddress) -> None:
        try:
            local_part = (author.local_part or b"").decode("utf-8")
            domain = fold((author.domain or b"").decode("utf-8"))
        except UnicodeDecodeError:
            raise _not_owned("") from None
        if not await self._directory.owns_address(self._principal.account_id, Address(local_part, domain)):
            raise _not_owned(f"{local_part}@{domain}")


def _not_owned(address: str) -> NotPermitted:
    return NotPermitted(
        "the From field must have an address of the account that logged in",
        meaning=Meaning.SENDER_NOT_OWNED,
        detail=address,
    )
