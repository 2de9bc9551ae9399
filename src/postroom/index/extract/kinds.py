"""What can be read out of an attachment, by its media type, or by its name where the type says nothing."""

from __future__ import annotations

import enum


class DocumentKind(enum.Enum):
    """The values are what is told to the child."""

    PDF = b"p"
    DOCX = b"d"
    XLSX = b"x"
    PPTX = b"s"
    ODF = b"o"
    TEXT = b"t"
    HTML = b"h"


_OFFICE = b"vnd.openxmlformats-officedocument."
_SUBTYPES = {
    b"pdf": DocumentKind.PDF,
    b"x-pdf": DocumentKind.PDF,
    _OFFICE + b"wordprocessingml.document": DocumentKind.DOCX,
    _OFFICE + b"wordprocessingml.template": DocumentKind.DOCX,
    b"vnd.ms-word.document.macroenabled.12": DocumentKind.DOCX,
    _OFFICE + b"spreadsheetml.sheet": DocumentKind.XLSX,
    _OFFICE + b"spreadsheetml.template": DocumentKind.XLSX,
    b"vnd.ms-excel.sheet.macroenabled.12": DocumentKind.XLSX,
    _OFFICE + b"presentationml.presentation": DocumentKind.PPTX,
    _OFFICE + b"presentationml.slideshow": DocumentKind.PPTX,
    b"vnd.ms-powerpoint.presentation.macroenabled.12": DocumentKind.PPTX,
    b"csv": DocumentKind.TEXT,
    b"json": DocumentKind.TEXT,
    b"xml": DocumentKind.TEXT,
    b"x-yaml": DocumentKind.TEXT,
    b"yaml": DocumentKind.TEXT,
    b"sql": DocumentKind.TEXT,
    b"xhtml+xml": DocumentKind.HTML,
}
_NAMES = {
    "pdf": DocumentKind.PDF,
    "docx": DocumentKind.DOCX,
    "docm": DocumentKind.DOCX,
    "dotx": DocumentKind.DOCX,
    "xlsx": DocumentKind.XLSX,
    "xlsm": DocumentKind.XLSX,
    "pptx": DocumentKind.PPTX,
    "ppsx": DocumentKind.PPTX,
    "pptm": DocumentKind.PPTX,
    **dict.fromkeys(("odt", "ods", "odp", "ott", "ots", "otp"), DocumentKind.ODF),
    **dict.fromkeys(("txt", "csv", "tsv", "md", "log", "json", "xml", "yaml", "yml", "ics", "vcf", "ini", "tex", "rst"), DocumentKind.TEXT),
    **dict.fromkeys(("html", "htm", "xhtml"), DocumentKind.HTML),
}  # fmt: skip
_UNTOLD = frozenset(
    (
        b"octet-stream",
        b"x-unknown",
        b"unknown",
        b"zip",
        b"x-zip-compressed",
        b"download",
        b"force-download",
        b"x-download",
        b"binary",
    )
)


def kind_of(main_type: bytes, sub_type: bytes, file_name: str | None) -> DocumentKind | None:
    """None for what has no text: pictures, archives, encrypted parts, programs. Types in lower case."""
    if main_type == b"application":
        if sub_type.startswith(b"vnd.oasis.opendocument."):
            return DocumentKind.ODF
        known = _SUBTYPES.get(sub_type)
        if known is not None:
            return known
    elif main_type == b"text":
        return DocumentKind.HTML if sub_type == b"html" else DocumentKind.TEXT
    if sub_type not in _UNTOLD or file_name is None:
        return None
    return _NAMES.get(file_name.rpartition(".")[2].lower())
