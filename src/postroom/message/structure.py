"""IMAP's view of a message as ready bytes: ENVELOPE, BODYSTRUCTURE and BODY.

    envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
               env-in-reply-to SP env-message-id ")"                         ; RFC 9051 §9
    body     = "(" (body-type-1part / body-type-mpart) ")"                   ; RFC 9051 §7.5.2

Choices where the standard leaves some, as Dovecot makes them: types, parameters, encodings in the sender's spelling;
a text part without charset gets ("charset" "us-ascii"); an encoding that is absent is "7bit"; a multipart without parts
shows one empty text part; addresses lacking a half get MISSING_MAILBOX or MISSING_DOMAIN. Opaque parts are
application/octet-stream, whatever they call themselves: "multipart" or "message/rfc822" there would misparse.

A string is quoted when it has no CR, LF, NUL or 8-bit byte; CR and LF become spaces, NUL goes, 8-bit makes it a
literal.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from postroom.message.entities import Entity, Kind
from postroom.message.fields import addresses, parameters
from postroom.message.headers import Header

_ODD = re.compile(rb"[\x00\r\n\"\\\x80-\xff]")
_PLACEMENT = (b"content-disposition", b"content-language", b"content-location")
_LANGUAGES = 50  # tags of Content-Language that are shown: no text is in more
_CR_LF_TO_SPACE = bytes.maketrans(b"\r\n", b"  ")


def string(value: bytes) -> bytes:
    """A quoted string or a literal."""
    if _ODD.search(value) is None:
        return b'"' + value + b'"'
    value = value.translate(_CR_LF_TO_SPACE, b"\x00")
    if not value.isascii():
        return b"{%d}\r\n%b" % (len(value), value)
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def nstring(value: bytes | None) -> bytes:
    """NIL, or a string."""
    return b"NIL" if value is None else string(value)


def address_list(found: list[addresses.HeaderAddress]) -> bytes:
    """env-from and its like: NIL, or addresses without a space between them."""
    if not found:
        return b"NIL"
    return b"(" + b"".join([b"(%b %b %b %b)" % tuple([nstring(half) for half in address]) for address in found]) + b")"


def envelope(header: Header) -> bytes:
    """The ENVELOPE of a message by its header."""
    first = header.first
    author = _addresses(header, b"from")
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        nstring(first(b"date")),
        nstring(first(b"subject")),
        author,
        _addresses(header, b"sender", author),
        _addresses(header, b"reply-to", author),
        _addresses(header, b"to"),
        _addresses(header, b"cc"),
        _addresses(header, b"bcc"),
        nstring(first(b"in-reply-to")),
        nstring(first(b"message-id")),
    )


def _addresses(header: Header, name: bytes, default: bytes = b"NIL") -> bytes:
    found = addresses.parse_all(header.all(name)) if name in header else None
    return address_list(found) if found else default


class BodyForms(NamedTuple):
    """One body in both forms that clients ask for."""

    extended: bytes
    """BODYSTRUCTURE"""
    plain: bytes
    """BODY: without extension data"""


_EMPTY_PART = BodyForms(
    b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
    b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)',
)


def body_forms(entity: Entity) -> BodyForms:
    """BODYSTRUCTURE and BODY of an entity. Recurses once a level, which `limits.DEPTH` bounds."""
    return _multipart(entity) if entity.kind is Kind.MULTIPART else _single(entity)


def _multipart(entity: Entity) -> BodyForms:
    forms = [body_forms(child) for child in entity.children] or [_EMPTY_PART]
    sub_type = string(entity.content_type.head.partition(b"/")[2].strip())
    parameter_list = _parameters(entity.content_type.parameters)
    extended = b"".join([form.extended for form in forms])
    plain = b"".join([form.plain for form in forms])
    return BodyForms(
        b"(%b %b %b%b)" % (extended, sub_type, parameter_list, _placement(entity.header)),
        b"(%b %b)" % (plain, sub_type),
    )


def _single(entity: Entity) -> BodyForms:
    header = entity.header
    first = header.first
    is_text = entity.main_type == b"text" and not entity.opaque
    encoding = first(b"content-transfer-encoding")
    start = b"(%b %b %b %b %b %d" % (
        _media(entity),
        _parameters(entity.content_type.parameters, text=is_text),
        nstring(first(b"content-id")),
        nstring(first(b"content-description")),
        string(encoding.partition(b"(")[0].strip() or b"7bit") if encoding else b'"7bit"',
        entity.body_end - entity.body_start,
    )
    end = b" %b%b)" % (nstring(first(b"content-md5")), _placement(header))
    if entity.kind is Kind.MESSAGE:
        nested = entity.children[0]
        start = b"%b %b" % (start, envelope(nested.header))
        inside = body_forms(nested)
        return BodyForms(
            b"%b %b %d%b" % (start, inside.extended, entity.lines, end),
            b"%b %b %d)" % (start, inside.plain, entity.lines),
        )
    if is_text:
        start = b"%b %d" % (start, entity.lines)
    return BodyForms(start + end, start + b")")


def _media(entity: Entity) -> bytes:
    if entity.opaque:
        return b'"application" "octet-stream"'
    head = entity.content_type.head
    if not head:
        return b'"message" "rfc822"' if entity.kind is Kind.MESSAGE else b'"text" "plain"'
    main, _, sub = head.partition(b"/")
    return string(main.strip()) + b" " + string(sub.strip())


def _parameters(pairs: parameters.Parameters, *, text: bool = False) -> bytes:
    if text and not any(name.lower() in (b"charset", b"charset*") for name, _ in pairs):
        pairs = (*pairs, (b"charset", b"us-ascii"))
    if not pairs:
        return b"NIL"
    return b"(" + b" ".join([string(name) + b" " + string(value) for name, value in pairs]) + b")"


def _placement(header: Header) -> bytes:
    """body-fld-dsp, body-fld-lang and body-fld-loc, each with a space before it."""
    if not any(name in header for name in _PLACEMENT):
        return b" NIL NIL NIL"
    disposition = language = b"NIL"
    declared = header.first(b"content-disposition")
    if declared:
        parsed = parameters.parse(declared)
        if parsed.head:
            disposition = b"(%b %b)" % (string(parsed.head), _parameters(parsed.parameters))
    spoken = header.first(b"content-language")
    if spoken:
        tags = [
            tag
            for tag in (tag.strip() for tag in spoken.partition(b"(")[0].split(b",", _LANGUAGES)[:_LANGUAGES])
            if tag
        ]
        if tags:
            language = b"(" + b" ".join([string(tag) for tag in tags]) + b")"
    return b" %b %b %b" % (disposition, language, nstring(header.first(b"content-location")))
