"""Signing what goes out: one DKIM-Signature for each key, to be put in front of the message (RFC 6376 §5).

Fields that tell people who wrote, to whom and what are named once more than they are there, so that nobody can add a second one (RFC 6376 §8.15).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from postroom.mailauth.dkim.canonical import Canonicalisation
from postroom.mailauth.dkim.header_digest import header_digest
from postroom.mailauth.dkim.keys import SigningKey
from postroom.mailauth.folding import broken, folded, with_folds
from postroom.message.headers import Header

FORM = Canonicalisation.RELAXED
"""Of header and body: it survives relays that fold and trim."""

_SEALED = (
    b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip
_WHERE_PRESENT = (
    b"sender", b"resent-from", b"resent-sender", b"resent-to", b"resent-cc", b"resent-date", b"resent-message-id", b"content-id",
    b"content-description", b"list-id", b"list-help", b"list-unsubscribe", b"list-unsubscribe-post", b"list-subscribe", b"list-post",
    b"list-owner", b"list-archive", b"autocrypt", b"auto-submitted",
)  # fmt: skip
_MOST_OF_A_KIND = 20  # fields of one name: what is beyond is nobody's mail, and h= stays readable


def sign(
    header: Header, body_hash: bytes, keys: Iterable[SigningKey], *, now: int, expires_at: int | None = None
) -> bytes:
    """The fields, each with its line end. `header` is that of the message as it will be sent, `body_hash` its
    SignedMessage.body_hash(FORM), `now` Unix seconds. A millisecond for each RSA key."""
    names = signed_names(header)
    dates = [f"t={now};"] + ([f"x={expires_at};"] if expires_at is not None else [])
    fields = []
    for key in keys:
        opening = [
            "v=1;",
            f"a={key.algorithm};",
            "c=relaxed/relaxed;",
            f"d={key.domain};",
            f"s={key.selector};",
            *dates,
        ]
        fields.append(signed_field(b"DKIM-Signature", opening, header, names, body_hash, key))
    return b"".join(fields)


def signed_names(header: Header) -> list[bytes]:
    """What h= names for this header."""
    names: list[bytes] = []
    for name in _SEALED:
        names += [name] * (min(header.count(name), _MOST_OF_A_KIND) + 1)
    for name in _WHERE_PRESENT:
        names += [name] * min(header.count(name), _MOST_OF_A_KIND)
    return names


def signed_field(
    name: bytes, opening: list[str], header: Header, names: list[bytes], body_hash: bytes, key: SigningKey
) -> bytes:
    """A whole signature field: the opening tags, then h=, bh= and b=."""
    listed = ":".join(entry.decode("ascii") for entry in names) + ";"
    hashed = base64.b64encode(body_hash).decode("ascii")
    pieces = [*opening, *broken("h=" + listed, ":"), f"bh={hashed};", "b="]
    unsigned = folded(name.decode("ascii") + ":", pieces)
    digest = header_digest(header, names, unsigned.encode("ascii"), FORM)
    value = base64.b64encode(key.sign(digest)).decode("ascii")
    return (unsigned + with_folds(value) + "\r\n").encode("ascii")
