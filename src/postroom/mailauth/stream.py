"""MessageReader: a message goes through once, in chunks; what remains is its header, its signatures and the digests of its body.

The door writes the chunks it stores; after the last one, `finish` gives the SignedMessage that dkim.verify, arc.verify and the signers take. A body
of any size costs no memory. Hashing may run in a thread, one call at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from postroom.mailauth import limits
from postroom.mailauth.dkim import signature
from postroom.mailauth.dkim.canonical import BodyDigest, Canonicalisation
from postroom.mailauth.dkim.signature import Fault, Signature
from postroom.message.headers import Field, Header, header_end
from postroom.message.limits import HEADER_BLOCK

Judged = TypeVar("Judged")

_INLINE_HEADER = 64 << 10  # octets: eight signatures of it take a few milliseconds; real headers have 5 to 20 KiB
_DKIM = b"dkim-signature"
_ARC = b"arc-message-signature"


@dataclass(frozen=True, slots=True)
class SignedMessage:
    header: Header
    signatures: tuple[tuple[Field, Signature | Fault], ...]
    """Of DKIM, from the top, at most limits.SIGNATURES."""
    arc_signatures: tuple[tuple[Field, Signature | Fault], ...]
    digests: dict[Canonicalisation, BodyDigest]

    def body_hash(self, form: Canonicalisation, length: int | None = None) -> bytes | None:
        """None where the body is shorter, or nobody asked for this form before the body came."""
        digest = self.digests.get(form)
        return digest.of(length) if digest is not None else None

    def body_length(self, form: Canonicalisation) -> int:
        digest = self.digests.get(form)
        return digest.length if digest is not None else 0


class MessageReader:
    """`forms` are wanted besides those that signatures of the message name: a signer's."""

    def __init__(self, forms: Iterable[Canonicalisation] = ()) -> None:
        self._forms = tuple(forms)
        self._held = bytearray()
        self._read: SignedMessage | None = None

    def write(self, chunk: bytes) -> None:
        if self._read is not None:
            self._hash(self._read, chunk)
            return
        searched = max(0, len(self._held) - 3)
        self._held += chunk
        starts = self._held[:2]
        is_whole = starts[:1] == b"\n" or starts == b"\r\n" or self._held.find(b"\n\r\n", searched) >= 0
        if is_whole or self._held.find(b"\n\n", searched) >= 0 or len(self._held) > HEADER_BLOCK:
            self._split()

    def finish(self) -> SignedMessage:
        """After it the reader is spent."""
        read = self._read if self._read is not None else self._split()
        for digest in read.digests.values():
            digest.finish()
        return read

    def _split(self) -> SignedMessage:
        held = bytes(self._held)
        self._held.clear()
        end = min(header_end(held), HEADER_BLOCK) if len(held) > HEADER_BLOCK else header_end(held)
        header = Header(held[:end])
        own = _signatures(header, _DKIM, limits.SIGNATURES)
        arc = _signatures(header, _ARC, limits.ARC_SETS)
        wanted: dict[Canonicalisation, set[int]] = {form: set() for form in self._forms}
        for _, found in (*own, *arc):
            if isinstance(found, Signature):
                wanted.setdefault(found.body_form, set())
                if found.length is not None:
                    wanted[found.body_form].add(found.length)
        digests = {form: BodyDigest(form, lengths) for form, lengths in wanted.items()}
        self._read = SignedMessage(header, own, arc, digests)
        self._hash(self._read, held[end:])
        return self._read

    def _hash(self, read: SignedMessage, chunk: bytes) -> None:
        if chunk:
            for digest in read.digests.values():
                digest.write(chunk)


async def judged(message: SignedMessage, judge: Callable[..., Judged], *arguments: object) -> Judged:
    """Call a pure function that reads the header many times: at once for usual mail, in a thread for a header made to be slow."""
    if len(message.header.raw) <= _INLINE_HEADER:
        return judge(*arguments)
    return await asyncio.to_thread(judge, *arguments)


def read_message(message: bytes, forms: Iterable[Canonicalisation] = ()) -> SignedMessage:
    """For a message that is in memory already."""
    reader = MessageReader(forms)
    reader.write(message)
    return reader.finish()


def _signatures(header: Header, name: bytes, most: int) -> tuple[tuple[Field, Signature | Fault], ...]:
    fields = [field for field in header.fields if field.name == name][:most]
    return tuple((field, signature.read(header.raw_field(field), is_arc=name == _ARC)) for field in fields)
