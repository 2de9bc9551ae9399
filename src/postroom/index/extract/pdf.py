"""The text of PDF files, by PDFium.

A page has lines where its text has none: a word that is cut by a hyphen is put together, and so are lines of Chinese and Japanese, which have no blanks.
"""

from __future__ import annotations

import re

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD

from postroom.index.extract.office import Sink, Unreadable

PAGES = 20_000
_CUT = re.compile(r"(?<=[^\W\d_])\x02(?=[^\W\d_])")  # U+0002 is PDFium's word for a hyphen at the end of a line
_HYPHEN = "\x02"
_UNSPACED = "\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff"
_LINE_END = re.compile(rf"(?<=[{_UNSPACED}])\r?\n(?=[{_UNSPACED}])")


def read(data: bytes, sink: Sink) -> None:
    """Page by page until there is enough. Raises Unreadable."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(str(error)[:200], quiet=getattr(error, "err_code", None) == FPDF_ERR_PASSWORD) from None
    try:
        for number in range(min(len(document), PAGES)):
            if sink.is_full:
                return
            _read_page(document, number, sink)
    finally:
        document.close()


def _read_page(document: pypdfium2.PdfDocument, number: int, sink: Sink) -> None:
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return  # a page that is broken hides no other
    sink.put(running(text.get_text_bounded()) + "\n")
    text.close()
    page.close()


def running(page: str) -> str:
    """A page's text without the ends of lines that cut words; a hyphen before a capital is the writer's own."""
    text = _CUT.sub(
        lambda found: "-" if page[found.end()].isupper() and page[found.start() - 1].islower() else "", page
    )
    return _LINE_END.sub("", text.replace(_HYPHEN, "-"))
