"""Real PDF in many scripts: Debian's installation guide, whose plain text says what must be found. With POSTROOM_SOAK=1 only."""

from __future__ import annotations

import gzip
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.index.extract.extractor import Extractor
from postroom.index.extract.kinds import DocumentKind

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not os.environ.get("POSTROOM_SOAK"), reason="the guides are large"),
]
GUIDES = Path("/usr/share/doc/installation-guide-amd64")
_CHARSETS = {"ru": "koi8-r"}  # of the plain text
_LISTING = re.compile(r"^[ \t]*#.*$", re.MULTILINE)  # comments of listings: the PDF's font for them has no Hangul
_WORD = re.compile(r"[^\W\d_]{3,12}")
_FOUND = 0.99  # the rest stands over the end of a page, where its number is in between


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    found = Extractor()
    yield found
    found.close()


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "ja", "ko", "ro", "ru", "vi", "zh_CN"])
def test_the_words_of_the_plain_text_are_those_of_the_pdf(extractor: Extractor, language: str) -> None:
    folder = GUIDES / language
    packed = gzip.decompress((folder / f"install.{language}.txt.gz").read_bytes())
    original = packed.decode(_CHARSETS.get(language, "utf-8"))
    words = set(_WORD.findall(plain(_LISTING.sub("", original))))
    text = extractor.text(DocumentKind.PDF, gzip.decompress((folder / f"install.{language}.pdf.gz").read_bytes()))
    found = re.sub(r"\s+", "", plain(text))
    missing = [word for word in words if word not in found]
    assert len(words) > 2000
    assert len(missing) < (1 - _FOUND) * len(words), missing[:20]
