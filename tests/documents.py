"""Documents of every kind that is read, made by hand: what the programs of the world write, in small."""

from __future__ import annotations

import io
import zipfile
import zlib

_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("text", "text"), ("table", "table"))
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def archive(members: dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return target.getvalue()


def docx(*paragraphs: str, header: str = "") -> bytes:
    """Each paragraph in runs of three characters, as editing leaves it."""
    body = "".join(
        "<w:p>" + "".join(f'<w:r><w:t xml:space="preserve">{text[at : at + 3]}</w:t></w:r>' for at in range(0, len(text), 3)) + "</w:p>"
        for text in paragraphs
    )  # fmt: skip
    members: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {W}><w:body>{body}<w:p><w:r><w:instrText>HIDDEN</w:instrText></w:r></w:p></w:body></w:document>"
    }
    if header:
        members["word/header1.xml"] = f"<w:hdr {W}><w:p><w:r><w:t>{header}</w:t></w:r></w:p></w:hdr>"
    return archive(members)


def xlsx(shared: list[str], inline: str, number: str, sheet: str) -> bytes:
    strings = "".join(f"<si><t>{text}</t></si>" for text in shared)
    cells = f'<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>{inline}</t></is></c><c><v>{number}</v></c></row>'
    return archive({
        "xl/workbook.xml": f'<workbook {_S}><sheets><sheet name="{sheet}" sheetId="1"/></sheets></workbook>',
        "xl/sharedStrings.xml": f"<sst {_S}>{strings}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {_S}><sheetData>{cells}</sheetData></worksheet>",
    })  # fmt: skip


def pptx(slides: list[str], note: str) -> bytes:
    def slide(text: str) -> str:
        return f"<p:sld {_P} {_A}><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>"

    members: dict[str, str | bytes] = {f"ppt/slides/slide{at}.xml": slide(text) for at, text in enumerate(slides, 1)}
    return archive(members | {"ppt/notesSlides/notesSlide1.xml": slide(note)})


def odt(*paragraphs: str) -> bytes:
    body = "".join(f"<text:p>{text[:2]}<text:span>{text[2:]}</text:span></text:p>" for text in paragraphs)
    return archive({
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'<office:document-content {ODF}><office:body>{body}</office:body></office:document-content>',
    })  # fmt: skip


def pdf(*pages: str) -> bytes:
    """Text in a font that says what its glyphs mean, as every writer of PDF does for scripts beyond Latin."""
    characters = sorted({character for page in pages for character in page})
    number = {character: at for at, character in enumerate(characters, 1)}
    mapped = "\n".join(f"<{number[one]:04x}> <{one.encode('utf-16-be').hex()}>" for one in characters)
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(characters)} beginbfchar\n{mapped}\nendbfchar\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(b"%d 0 R" % (7 + 2 * at) for at in range(len(pages)))),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        b" /FontDescriptor 5 0 R /DW 1000 >>",
        b"<< /Type /FontDescriptor /FontName /X /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
        stream(to_unicode),
    ]  # fmt: skip
    for at, page in enumerate(pages):
        glyphs = "".join(f"{number[one]:04x}" for one in page)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000 800] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> >> >>" % (8 + 2 * at)
        )  # fmt: skip
        objects.append(stream(f"BT /F 12 Tf 20 700 Td <{glyphs}> Tj ET".encode()))
    return assembled(objects)


def stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)


def assembled(objects: list[bytes]) -> bytes:
    found = b"%PDF-1.7\n"
    places = []
    for at, content in enumerate(objects, 1):
        places.append(len(found))
        found += b"%d 0 obj\n%s\nendobj\n" % (at, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return found + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, len(found),
    )  # fmt: skip
