"""The text of a message that searches look at: its header's fields, its bodies, the names of attachments, and what an extractor reads out of these.

Encrypted bodies are left out: parts of multipart/encrypted and S/MIME (which are no text), and OpenPGP blocks inside of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from postroom.message import limits, text
from postroom.message.entities import Entity, Kind, readable, scan
from postroom.message.fields import addresses, charsets
from postroom.message.search.normal import normalise

ReadDocument = Callable[[Entity, str | None, Callable[[], bytes]], str]
"""The text of an attachment that is no text part: its entity, its name, its octets when they are asked for. "" where there is none."""

ADDRESSES = frozenset({b"from", b"to", b"cc", b"bcc", b"sender", b"reply-to"})
_INSIDE = re.compile(rb"[(\"\\]|\s@|@\s|\s\.|\.\s")  # what may stand inside of an address besides its letters
_ENCRYPTED = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SearchText:
    """Normalised. `header`: a line for each field, "name: value"; `bodies`: each body, name and attachment for itself."""

    header: str
    bodies: tuple[str, ...]


def no_documents(entity: Entity, name: str | None, octets: Callable[[], bytes]) -> str:
    """Where attachments are not looked into."""
    return ""


def search_text(message: bytes, read_document: ReadDocument = no_documents, root: Entity | None = None) -> SearchText:
    """All of it; what `read_document` raises goes through."""
    root = root or scan(message)
    return SearchText(header_text(root), tuple(body_texts(message, root, read_document)))


def header_text(root: Entity) -> str:
    """The header's fields, normalised, and the addresses that are written with something in between."""
    lines = text.header_lines(root)
    for field in root.header.fields:
        if field.name in ADDRESSES:
            plain = plain_addresses(root.header.value(field))
            if plain:
                lines.append(plain)
    return "\n".join([normalise(line) for line in lines])


def plain_addresses(value: bytes) -> str:
    """The addresses of a field without what may stand inside of them: comments, folding, quotes (RFC 5322 §3.4.1)."""
    if not _INSIDE.search(value):
        return ""
    found = [b"%b@%b" % (one.local_part, one.domain) for one in addresses.parse(value) if one.local_part and one.domain]
    return b" ".join(found).decode("utf-8", "replace")


def body_texts(message: bytes, root: Entity, read_document: ReadDocument = no_documents) -> list[str]:
    """Of each text part, attachment and attachment's name, normalised; forwarded messages with their headers too."""
    found = (normalise(one) for one in _texts(readable(message), root, read_document))
    return [one for one in found if one]


def file_names(root: Entity) -> list[str]:
    """The names of attachments, normalised."""
    leaves = (entity for entity in _open_entities(root) if entity.kind is Kind.LEAF and not entity.opaque)
    return [normalise(name) for name in map(text.file_name, leaves) if name]


def original_texts(message: bytes, root: Entity, read_document: ReadDocument = no_documents) -> Iterator[str]:
    """What `body_texts` makes normal, as it was written."""
    yield from _texts(readable(message), root, read_document)


def _texts(message: bytes, root: Entity, read_document: ReadDocument) -> Iterator[str]:
    for entity in _open_entities(root):
        if entity.kind is Kind.MESSAGE:
            yield from text.header_lines(entity.children[0])
        if entity.opaque:
            # nested deeper than is taken apart: its octets are looked at as they stand
            yield charsets.guess(text.body_bytes(message, entity, limits.SEARCH_PART))
        elif entity.kind is Kind.LEAF:
            name = text.file_name(entity)
            if entity.main_type == b"text":
                yield _readable_text(text.part_text(message, entity))
            else:
                yield read_document(entity, name, lambda entity=entity: text.body_bytes(message, entity))  # type: ignore[misc]
            if name:
                yield name


def _open_entities(root: Entity) -> Iterator[Entity]:
    """All but what is inside of multipart/encrypted (RFC 1847 §2.2)."""
    waiting = [root]
    while waiting:
        entity = waiting.pop()
        yield entity
        if (entity.main_type, entity.sub_type) != (b"multipart", b"encrypted"):
            waiting.extend(reversed(entity.children))


def _readable_text(found: str) -> str:
    return _ENCRYPTED.sub(" ", found) if "-----BEGIN PGP MESSAGE-----" in found else found
