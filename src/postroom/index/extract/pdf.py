"""The text of PDF files, by PDFium."""

from __future__ import annotations

import pypdfium2
from pypdfium2.raw import FPDF_ERR_PASSWORD

from postroom.index.extract.office import Sink, Unreadable

PAGES = 20_000


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
    sink.put(text.get_text_bounded() + "\n")
    text.close()
    page.close()
