"""The digest of the signed header fields, the same for whoever signs and verifies (RFC 6376 §3.7).

Fields are taken from the bottom of the header up, one for each time that h= names them; a name beyond those that are there stands for a field that must
not be added (RFC 6376 §5.4.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from postroom.mailauth.dkim.canonical import Canonicalisation, header_field, without_signature
from postroom.message.headers import Field, Header


def header_digest(
    header: Header, names: Sequence[bytes], raw_signature: bytes, form: Canonicalisation, own: Field | None = None
) -> bytes:
    """SHA-256; `own` is the signature's own field in the header, where it is there already, and is not counted."""
    waiting: dict[bytes, list[Field]] = {name: [] for name in names}
    for field in header.fields:
        if field.name in waiting and field != own:
            waiting[field.name].append(field)
    digest = hashlib.sha256()
    for name in names:
        if waiting[name]:
            digest.update(header_field(header.raw_field(waiting[name].pop()), form))
    last = without_signature(raw_signature)
    digest.update(header_field(last, form).removesuffix(b"\r\n") if form is Canonicalisation.RELAXED else last)
    return digest.digest()
