"""What submission and the server itself write: missing fields, removed fields, small plain-text messages.

Nothing a user wrote is laid out anew: fields that are missing are a prefix, fields that must go are ranges cut out
(RFC 6409 §8). Bcc is looked for in the whole header, also past the bounds that `headers` reads to.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from postroom.message.entities import readable
from postroom.message.fields import dates, words
from postroom.message.headers import Header, header_end

_ENCODED_CHUNK = 42  # bytes in one encoded word: 56 letters of base64 and the frame stay within 75 (RFC 2047 §2)
_LINE = 76
_NOT_ATOM = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~. -]")
_SAFE_IDENTIFIER = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]")
_BCC = (b"bcc", b"resent-bcc")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the missing fields of a submitted message are made of; `unique` is the caller's, never repeated."""

    at: float
    unique: str
    domain: str
    header_from: str
    offset: int = 0


def missing_fields(header: Header, origin: Origin) -> bytes:
    """The fields RFC 5322 §3.6 asks for and a submitted message lacks, to go in front of it; b"" when none."""
    prefix = b""
    if b"from" not in header:
        prefix += f"From: {words.clean(origin.header_from)}\r\n".encode("utf-8", "replace")
    if b"date" not in header:
        prefix += f"Date: {dates.mail_date(origin.at, origin.offset)}\r\n".encode()
    if b"message-id" not in header:
        prefix += b"Message-ID: <" + message_id(origin.unique, origin.domain).encode() + b">\r\n"
    return prefix


def message_id(unique: str, domain: str) -> str:
    """An identifier without its brackets; what may not stand in one becomes a hyphen."""
    return f"{_SAFE_IDENTIFIER.sub('-', unique)[:200]}@{_SAFE_IDENTIFIER.sub('-', domain)[:255]}"


def field_ranges(message: bytes, names: Iterable[bytes] = _BCC) -> list[tuple[int, int]]:
    """(start, end) of every field of these (lower-case) names in the first header, however long that is."""
    pattern = re.compile(
        rb"^(?:%b)[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+\n?" % b"|".join(re.escape(name) for name in names),
        re.MULTILINE | re.IGNORECASE,
    )
    message = readable(message)
    return [found.span() for found in pattern.finditer(message[: header_end(message)])]


def remove_fields(message: bytes, names: Iterable[bytes] = _BCC) -> bytes:
    """The message without its fields of these (lower-case) names: Bcc, unless others are named."""
    kept: list[bytes] = []
    at = 0
    for start, end in field_ranges(message, names):
        kept.append(message[at:start])
        at = end
    if not kept:
        return message
    kept.append(message[at:])
    return b"".join(kept)


def encode_words(text: str) -> str:
    """Text for a field body: as it is when ASCII, else encoded words of UTF-8, folded."""
    text = words.clean(text)
    if text.isascii() and "=?" not in text and len(text) <= 900:
        return text
    chunks: list[bytes] = [b""]
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunks[-1]) + len(encoded) > _ENCODED_CHUNK:
            chunks.append(b"")
        chunks[-1] += encoded
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(chunk, newline=False).decode()}?=" for chunk in chunks)


def mailbox(address: str, display_name: str = "") -> str:
    """`Display Name <local@domain>` for a field body."""
    address = words.clean(address).replace("<", "").replace(">", "")
    name = words.clean(display_name).strip()
    if not name:
        return address
    if not name.isascii() or "=?" in name:
        return f"{encode_words(name)} <{address}>"
    if _NOT_ATOM.search(name) or "." in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>"


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """A text message of one part; `header_from` and `to` as `mailbox` makes them, `extra` as complete fields."""

    header_from: str
    to: tuple[str, ...]
    subject: str
    text: str
    at: float
    message_id: str
    offset: int = 0
    extra: tuple[tuple[str, str], ...] = ()

    def to_bytes(self) -> bytes:
        """The whole message, CRLF at every line end."""
        fields = [
            ("From", self.header_from),
            ("To", ",\r\n ".join(self.to)),
            ("Subject", encode_words(self.subject)),
            ("Date", dates.mail_date(self.at, self.offset)),
            ("Message-ID", f"<{self.message_id}>"),
            *((name, words.clean(value)) for name, value in self.extra),
            ("MIME-Version", "1.0"),
        ]
        encoding, body = _encode_body(self.text)
        fields.append(("Content-Type", f"text/plain; charset={'us-ascii' if self.text.isascii() else 'utf-8'}"))
        fields.append(("Content-Transfer-Encoding", encoding))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return head.encode("utf-8", "replace") + b"\r\n" + body


def _encode_body(text: str) -> tuple[str, bytes]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    raw = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n"
    if text.isascii() and "\0" not in text and all(len(line) <= _LINE + 2 for line in lines):
        return "7bit", raw
    return "quoted-printable", quoted_printable(text)


def quoted_printable(text: str) -> bytes:
    """CRLF lines of text in quoted-printable (RFC 2045 §6.7), the last one ended."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return binascii.b2a_qp("\r\n".join(lines).encode("utf-8", "replace") + b"\r\n", istext=True)
