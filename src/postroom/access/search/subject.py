"""Subject: one message as the keys of a search look at it: its row by column and, once read, itself.

What is made of it (decoded fields, folded text) is made once and kept for the next key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from postroom.access import header_fields
from postroom.message import limits, text
from postroom.message.entities import Entity, scan
from postroom.message.fields import dates, words
from postroom.message.headers import Header, read_header
from postroom.message.search import content
from postroom.message.search.matching import Needle
from postroom.message.search.normal import normalise
from postroom.model.email import Column


class Subject:
    """See the module; `message` None while it has not been read."""

    __slots__ = ("_bodies", "_header", "_root", "columns", "message", "row")

    def __init__(self, columns: dict[Column, int], row: Sequence[Any], message: bytes | None = None) -> None:
        self.columns = columns
        self.row = row
        self.message = message
        self._root: Entity | None = None
        self._bodies: list[str] | None = None
        self._header: str | None = None

    def header(self, name: bytes) -> Header | None:
        """A header with at least the fields of this name, or None when it takes reading."""
        if self.message is not None:
            return read_header(self.message)
        if header_fields.columns((name,)) is None or name in header_fields.TRACE:
            return None
        cached = header_fields.select((name,), self.row[self.columns[Column.HEADER_CACHE]])
        return None if cached is None else Header(cached)

    def field_has(self, name: bytes, wanted: Needle) -> bool | None:
        """Whether the fields of this name have the text; without text, whether there is one."""
        header = self.header(name)
        if header is None:
            return None
        if not wanted.terms:
            return name in header
        values = header.all(name)
        charset = None
        if not all(map(_is_plain, values)):
            if self.message is None:
                return None
            charset = text.declared_charset(self._entities(self.message))
        texts = [normalise(words.decode(value, charset, limits.HEADER_BLOCK)) for value in values]
        if name in content.ADDRESSES:
            texts += [normalise(content.plain_addresses(value)) for value in values]
        return wanted.found_in(texts)

    def date_of_header(self) -> tuple[int, int, int] | None:
        """(year, month, day) as the Date field says, or None where it says none. Without the cache: sent_at's day."""
        header = self.header(b"date")
        value = header.first(b"date") if header is not None else None
        moment = dates.parse(value) if value else None
        return (moment.year, moment.month, moment.day) if moment is not None else None

    def text_has(self, wanted: Needle, *, header: bool) -> bool | None:
        """Whether bodies (or header and bodies) have the text; None while the message has not been read."""
        if self.message is None:
            return None
        root = self._entities(self.message)
        if self._bodies is None:
            self._bodies = content.body_texts(self.message, root)
        if not header:
            return wanted.found_in(self._bodies)
        if self._header is None:
            self._header = content.header_text(root)
        return wanted.found_in([self._header, *self._bodies])

    def file_name_has(self, wanted: Needle) -> bool | None:
        """Whether one attachment's name has all of it; None while the message has not been read."""
        if self.message is None:
            return None
        return any(wanted.found_in([name]) for name in content.file_names(self._entities(self.message)))

    def _entities(self, message: bytes) -> Entity:
        if self._root is None:
            self._root = scan(message)
        return self._root


def _is_plain(value: bytes) -> bool:
    """Whether a value reads the same whatever charset the message declares."""
    if value.isascii():
        return True
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
