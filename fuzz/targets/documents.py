"""Attachments: any octets are text within its bound, or a reason; never another exception, which would cost a process of the extractor."""

from __future__ import annotations

import io
import zipfile

import documents as made
from postroom.index.extract import office
from postroom.index.extract.kinds import DocumentKind
from postroom.index.extract.office import Sink, Unreadable

MOST = 10_000
_KINDS = (DocumentKind.DOCX, DocumentKind.XLSX, DocumentKind.PPTX, DocumentKind.ODF)
_MEMBERS = ("word/document.xml", "xl/sharedStrings.xml", "ppt/slides/slide1.xml", "content.xml")


def archives() -> tuple[bytes, ...]:
    """Whole documents."""
    return (
        made.docx("Grüße, 検索", header="x"),
        made.xlsx(["全文", "b"], "c", "12", "d"),
        made.pptx(["검색"], "note"),
        made.odt("привет"),
    )


def contents() -> tuple[bytes, ...]:
    """What stands in them."""
    found = []
    for data, member in zip(archives(), _MEMBERS, strict=True):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found.append(archive.read(member))
    return tuple(found)


def archive(data: bytes) -> None:
    """The octets of a file."""
    for kind in _KINDS:
        _read(kind, data)


def content(data: bytes) -> None:
    """The octets of a member, so that what is bent is the XML and not its compression."""
    for kind, member in zip(_KINDS, _MEMBERS, strict=True):
        _read(kind, made.archive({member: data}))


def _read(kind: DocumentKind, data: bytes) -> None:
    sink = Sink(MOST)
    try:
        office.read(kind, data, sink)
    except Unreadable as error:
        assert str(error)
    assert sum(map(len, sink.pieces)) <= MOST, "more text than was asked for"
