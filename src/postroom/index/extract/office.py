"""The text of Office Open XML (ECMA-376) and OpenDocument (ISO/IEC 26300) files: zip archives with XML in them.

Read in a stream by expat, without entities; names of elements are told by their namespaces, since programs choose prefixes of their own. Members are counted, measured while they are unpacked, and nested elements bounded, so that a bomb is a refusal.
Words stand as they do on the page: runs of one paragraph together, cells and paragraphs apart.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from postroom.index.extract.kinds import DocumentKind

MEMBERS = 10_000
UNPACKED = 256 * 1024 * 1024  # octets of all members that are read
DEPTH = 500  # elements inside one another; Office stays under 50
_PIECE = 64 * 1024

_WORD = ("document", "header", "footer", "footnotes", "endnotes", "comments", "diagrams/data")
_POWERPOINT = ("slides/slide", "diagrams/data", "notesSlides/notesSlide", "comments/comment")
_MANIFEST = "META-INF/manifest.xml"
_MANIFEST_READ = 1024 * 1024  # octets in which a manifest says that its document is encrypted
_OOXML = "http://schemas.openxmlformats.org/"
_STRICT = "http://purl.oclc.org/ooxml/"  # of ISO/IEC 29500 Strict
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_PREFIXES = {
    _OOXML + "wordprocessingml/2006/main": "w:",
    _STRICT + "wordprocessingml/main": "w:",
    _OOXML + "drawingml/2006/main": "a:",
    _STRICT + "drawingml/main": "a:",
    _OOXML + "presentationml/2006/main": "p:",
    _STRICT + "presentationml/main": "p:",
    _OOXML + "spreadsheetml/2006/main": "",
    _STRICT + "spreadsheetml/main": "",
    _OOXML + "markup-compatibility/2006": "mc:",
    **{f"{_OASIS}{name}:1.0": f"{short}:" for name, short in (("office", "office"), ("text", "text"), ("table", "table"), ("drawing", "draw"))},
    "http://purl.org/dc/elements/1.1/": "dc:",
}  # fmt: skip
_NUMBER = re.compile(r"([0-9]{1,9})\.xml\Z", re.IGNORECASE)
_BREAKS = frozenset((
    "w:p", "w:br", "w:cr", "w:tc", "a:p", "a:br", "a:tc", "si", "row", "c", "is", "text:p", "text:h", "text:line-break", "table:table-cell", "draw:frame",
    "office:annotation", "dc:creator", "dc:date", "text:note", "p:text",
))  # fmt: skip
_BLANKS = frozenset(("w:tab", "text:s", "text:tab"))
_SHOWN = {
    DocumentKind.DOCX: frozenset(("w:t", "a:t")),
    DocumentKind.PPTX: frozenset(("a:t", "p:text")),
    DocumentKind.XLSX: frozenset(("t", "v")),
}
_HIDDEN = frozenset(
    (
        *("mc:Fallback", "w:instrText", "w:delText", "text:tracked-changes", "office:forms", "office:scripts"),
        *("office:automatic-styles", "text:note-citation"),
        *("w:rt", "rPh", "text:ruby-text"),  # readings beside characters, which would stand between them
    )
)


class Unreadable(Exception):
    """Why there is no text; `quiet` for what is no fault of anybody, such as a password."""

    def __init__(self, reason: str, *, quiet: bool = False) -> None:
        super().__init__(reason)
        self.quiet = quiet


class Sink:
    """Text that is given until there is enough of it."""

    def __init__(self, most: int) -> None:
        self.pieces: list[str] = []
        self._left = most

    @property
    def is_full(self) -> bool:
        return self._left <= 0

    def put(self, text: str) -> None:
        """Lines that are empty are not repeated."""
        if text == "\n" and self.pieces and self.pieces[-1] == "\n":
            return
        text = text[: self._left]
        self._left -= len(text)
        self.pieces.append(text)


def read(kind: DocumentKind, data: bytes, sink: Sink) -> None:
    """All the text of a document. Raises Unreadable."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("protected by a password", quiet=True)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    # zipfile says NotImplementedError of a version or a compression that it does not know
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable(f"no archive: {error}") from None
    names = archive.namelist()
    if len(names) > MEMBERS:
        raise Unreadable("too many members")
    budget = Budget(UNPACKED)
    if kind is DocumentKind.ODF and _MANIFEST in names and _is_encrypted(archive):
        raise Unreadable("protected by a password", quiet=True)
    for name in _wanted(kind, names):
        if sink.is_full:
            return
        _read_member(archive, name, budget, Reader(kind, sink))
        sink.put("\n")


def _wanted(kind: DocumentKind, names: list[str]) -> Iterator[str]:
    """Members with text, in reading order."""
    there = [name for name in dict.fromkeys(names) if name.lower().endswith(".xml")]

    def like(pattern: str) -> list[str]:
        """In the order of their numbers; capitals in names of parts mean nothing."""
        found = re.compile(pattern, re.IGNORECASE)
        return sorted((name for name in there if found.fullmatch(name)), key=_number)

    if kind is DocumentKind.DOCX:
        for part in _WORD:
            yield from like(rf"word/{part}\d*\.xml")
    elif kind is DocumentKind.PPTX:
        for part in _POWERPOINT:
            yield from like(rf"ppt/{part}\d+\.xml")
    elif kind is DocumentKind.XLSX:
        for part in (r"workbook", r"sharedStrings", r"worksheets/sheet\d+", r"comments\d*"):
            yield from like(rf"xl/{part}\.xml")
    elif "content.xml" in there:
        yield "content.xml"


def _number(name: str) -> int:
    found = _NUMBER.search(name)
    return int(found[1]) if found else 0


class Budget:
    """Octets that may still be unpacked."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, count: int) -> None:
        """Raises Unreadable."""
        self._left -= count
        if self._left < 0:
            raise Unreadable("unpacks to too much")


class Reader:
    """Elements of one member into the sink."""

    def __init__(self, kind: DocumentKind, sink: Sink) -> None:
        self._shown = _SHOWN.get(kind)
        self._sink = sink
        self._depth = 0
        self._hidden = 0
        self._text = 0 if self._shown is not None else 1
        self._skips_value = False

    @property
    def is_full(self) -> bool:
        """Whether enough has been read."""
        return self._sink.is_full

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _short(name)
        self._depth += 1
        if self._depth > DEPTH:
            raise Unreadable("elements too deep")
        if self._hidden or name in _HIDDEN:
            self._hidden += 1
        elif self._shown is not None and name in self._shown:
            self._text += not (name == "v" and self._skips_value)
        elif name == "c":
            # a number of the table of strings, which stands for itself
            self._skips_value = attributes.get("t") == "s"
        elif name == "w:noBreakHyphen":
            self._sink.put("-")
        elif name in _BLANKS:
            self._sink.put(" ")
        elif name == "sheet" and "name" in attributes:
            self._sink.put(attributes["name"] + "\n")
        if name in _BREAKS and not self._hidden:
            self._sink.put("\n")

    def end(self, name: str) -> None:
        name = _short(name)
        self._depth -= 1
        if self._hidden:
            self._hidden -= 1
            return
        if self._shown is not None and name in self._shown:
            self._text = 0
        if name in _BREAKS:
            self._sink.put("\n")

    def characters(self, text: str) -> None:
        if self._text and not self._hidden:
            self._sink.put(text)


def _short(name: str) -> str:
    """An element's name with the prefix that its standard's examples have."""
    namespace, blank, local = name.rpartition(" ")
    return _PREFIXES.get(namespace, "?:") + local if blank else name


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    """Whether an OpenDocument manifest tells so (ISO/IEC 26300 names the element `encryption-data`)."""
    try:
        with archive.open(_MANIFEST) as member:
            return b"encryption-data" in member.read(_MANIFEST_READ)
    except (
        RuntimeError,  # and NotImplementedError, which is one: as in `read`
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        ValueError,
        OSError,
    ):
        return False  # its content may be readable still


def _read_member(archive: zipfile.ZipFile, name: str, budget: Budget, reader: Reader) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.EntityDeclHandler = _refuse_entity
    try:
        with archive.open(name) as member:
            while piece := member.read(_PIECE):
                budget.take(len(piece))
                parser.Parse(piece, False)
                if reader.is_full:
                    return
        parser.Parse(b"", True)
    except NotImplementedError as error:  # as in `read`; before the RuntimeError that it is
        raise Unreadable(f"{name}: {error}"[:200]) from None
    except RuntimeError as error:  # zipfile's word for a member with a password
        raise Unreadable(str(error)[:200], quiet=True) from None
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OSError) as error:
        raise Unreadable(f"{name}: {error}"[:200]) from None


def _refuse_entity(*_: object) -> None:
    raise Unreadable("declares entities")
