"""Everything that is computed of a message once, when it is stored.

Lists, ENVELOPE, BODYSTRUCTURE, header fields and previews are answered from a Summary; the message itself is opened
only for its content. One call per append, for any bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.message import header_cache, limits, parts, structure, text, threads
from postroom.message.entities import Entity, scan
from postroom.message.fields import addresses, dates, words


@dataclass(frozen=True, slots=True)
class Summary:
    """What the store keeps beside a message; `bytes` fields are in their stored or sent form."""

    size: int
    envelope: bytes
    body_structure: bytes
    body: bytes
    parts: bytes
    header_cache: bytes
    preview: str
    subject: str
    base_subject: str
    message_id: str | None
    references: tuple[str, ...]
    """Identifiers this message answers, oldest first; In-Reply-To included."""
    sent_at: int | None
    """Seconds since 1970 of the Date field."""
    has_attachment: bool
    from_text: str
    to_text: str


def summarise(message: bytes) -> Summary:
    """The summary of a message's content, without the trace fields that a server puts in front."""
    return summarise_entity(message, scan(message))


def summarise_entity(message: bytes, root: Entity) -> Summary:
    """The same for a message that has been scanned already."""
    header = root.header
    charset = text.declared_charset(root)
    subject = words.decode(header.first(b"subject") or b"", charset)[: limits.SUBJECT]
    date = header.first(b"date")
    forms = structure.body_forms(root)
    return Summary(
        size=len(message),
        envelope=structure.envelope(header),
        body_structure=forms.extended,
        body=forms.plain,
        parts=parts.of(root).to_bytes(),
        header_cache=header_cache.build(header),
        preview=text.preview(message, root),
        subject=subject,
        base_subject=threads.base_subject(subject),
        message_id=threads.message_id(header),
        references=threads.references(header),
        sent_at=dates.timestamp(date) if date else None,
        has_attachment=any(text.is_attachment(entity) for entity in root.walk() if entity is not root)
        or (not root.children and text.is_attachment(root)),
        from_text=_names(header.first(b"from"), charset),
        to_text=_names(header.first(b"to"), charset),
    )


def _names(value: bytes | None, charset: str | None) -> str:
    return addresses.display(addresses.parse(value[: limits.DISPLAYED_ADDRESSES]), charset) if value else ""
