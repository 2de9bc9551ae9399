"""The words of a message: for search, for previews, for names of attachments.

HTML is read by a linear tag stripper, not by a parser: nothing is rendered from it, and a parser's error recovery is
where the time goes. What searches make of it is in `message.search`.
"""

from __future__ import annotations

import html
import re

from postroom.message import limits, transfer
from postroom.message.entities import Encoding, Entity, Kind, readable
from postroom.message.fields import charsets, parameters, words

_HIDDEN = ("script", "style", "title")
_BREAKING = frozenset((
    "br", "p", "div", "tr", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr", "pre",
    "blockquote", "section", "article", "header", "footer",
))  # fmt: skip
_TAG_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9]{0,19})")
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,}+;?")
_SIGNATURES = frozenset((
    (b"application", b"pgp-signature"), (b"application", b"pkcs7-signature"), (b"application", b"x-pkcs7-signature"),
))  # fmt: skip
_INVISIBLE = dict.fromkeys((0xAD, 0x34F, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x61C, 0x180E), None)
_PREVIEW_QUOTE = ">"


def body_bytes(message: bytes, entity: Entity, most: int | None = None) -> bytes:
    """A part's content with its transfer encoding taken off; of at most `most` encoded bytes."""
    end = entity.body_end if most is None else min(entity.body_end, entity.body_start + most)
    return decode_body(message[entity.body_start : end], entity.encoding)


def decode_body(raw: bytes, encoding: Encoding) -> bytes:
    """Take a transfer encoding off; bytes that do not follow it are passed (QP) or left out (base64)."""
    if encoding is Encoding.BASE64:
        return words.decode_base64(raw)
    if encoding is Encoding.QUOTED_PRINTABLE:
        return transfer.decode_quoted(raw)
    return raw


def part_text(message: bytes, entity: Entity, most: int = limits.SEARCH_PART) -> str:
    """The text of a text part, HTML stripped; "" for a part that is no text."""
    if entity.main_type != b"text" or entity.kind is not Kind.LEAF:
        return ""
    label = entity.content_type.text(b"charset")
    decoded = charsets.decode(body_bytes(message, entity, most), label)
    return html_text(decoded) if entity.sub_type == b"html" else decoded


def html_text(markup: str) -> str:
    """What a reader sees of HTML: no tags, comments, scripts or styles; references replaced; blocks on lines.

    A "<" that opens no tag is text. Linear: each "<" is looked at once.
    """
    pieces = markup.split("<")
    shown = [pieces[0]]
    hidden = ""
    comment = False
    for piece in pieces[1:]:
        if comment:
            _, closed, after = piece.partition("-->")
            comment = not closed
            if closed and not hidden:
                shown.append(after)
            continue
        tag = _TAG_NAME.match(piece)
        if tag is None:
            comment, text = _untagged(piece)
            if not hidden:
                shown.append(text)
            continue
        name = tag[1].lower()
        if hidden:
            if name != hidden or piece[0] != "/":
                continue
            hidden = ""
        elif name in _HIDDEN and piece[0] != "/":
            hidden = name
            continue
        _, closed, after = piece.partition(">")
        if name in _BREAKING:
            shown.append("\n")
        if closed:
            shown.append(after)
    return _unescape("".join(shown))


def _untagged(piece: str) -> tuple[bool, str]:
    if piece.startswith("!--"):
        _, closed, after = piece[3:].partition("-->")
        return not closed, after
    if piece[:1] in ("!", "?", "/"):
        return False, piece.partition(">")[2]
    return False, "<" + piece


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    return html.unescape(_LONG_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text))


def header_lines(entity: Entity) -> list[str]:
    """Every field of an entity's header, decoded: what SEARCH TEXT looks at besides bodies."""
    header = entity.header
    label = declared_charset(entity)
    return [
        field.name.decode("ascii") + ": " + words.decode(header.value(field), label, limits.HEADER_BLOCK)
        for field in header.fields
    ]


def declared_charset(root: Entity) -> str | None:
    """The charset of the first text part: what raw 8-bit bytes in the header most likely are in too."""
    for entity in root.walk():
        if entity.main_type == b"text":
            return entity.content_type.text(b"charset")
    return None


def file_name(entity: Entity) -> str | None:
    """An attachment's name, one line, from Content-Disposition's filename or Content-Type's name; without any path."""
    name: str | None = None
    declared = entity.header.first(b"content-disposition")
    if declared:
        name = parameters.parse(declared).text(b"filename")
    if not name:
        name = entity.content_type.text(b"name")
    if not name:
        return None
    name = words.clean(name).replace("\\", "/").rpartition("/")[2].strip()[: limits.FILE_NAME]
    return name or None


def is_attachment(entity: Entity) -> bool:
    """Whether a mail program would show a paper clip for this part."""
    declared = entity.header.first(b"content-disposition")
    if declared is not None and declared[:10].lower() == b"attachment":
        return True
    if entity.kind is Kind.MESSAGE:
        return True
    if entity.kind is not Kind.LEAF or entity.main_type == b"text":
        return False
    if (entity.main_type, entity.sub_type) in _SIGNATURES or b"content-id" in entity.header:
        return False
    return file_name(entity) is not None


def preview(message: bytes, root: Entity) -> str:
    """The first readable words of a message, at most `limits.PREVIEW` characters on one line (RFC 8970 §3.1).

    Plain text before HTML; attached text does not count; quoted lines are passed over when anything else is there.
    """
    candidates = [
        entity
        for entity in root.walk()
        if entity.main_type == b"text" and entity.kind is Kind.LEAF and not is_attachment(entity)
    ]
    candidates.sort(key=lambda entity: entity.sub_type != b"plain")
    message = readable(message)
    for entity in candidates[:3]:
        text = _condense(part_text(message, entity, limits.PREVIEW_SOURCE))
        if text:
            return text
    return ""


def _condense(text: str) -> str:
    text = text[: limits.PREVIEW_SOURCE]
    own = "\n".join([line for line in text.splitlines() if not line.startswith(_PREVIEW_QUOTE)])
    for chosen in (own, text):
        condensed = " ".join(chosen.translate(_INVISIBLE).split())[: 2 * limits.PREVIEW]
        if not condensed.isprintable():
            condensed = " ".join(words.clean(condensed).split())
        if condensed:
            return condensed[: limits.PREVIEW].rstrip()
    return ""
