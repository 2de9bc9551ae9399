"""The text of attachments: right for every kind, and one log line for what is hostile, with the next document read as if nothing had been."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import documents
from postroom.index.extract.extractor import Extractor, Limits
from postroom.index.extract.kinds import DocumentKind, kind_of
from postroom.model.errors import TryLater

PARAGRAPHS = ("The quick brown fox", "全文検索は間違えない", "전체 텍스트 검색", "Grüße, привет, مرحبا")
GOOD = documents.docx("still here")


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    found = Extractor(Limits(seconds=2, patience=20, characters=100_000))
    yield found
    found.close()


def still_works(extractor: Extractor) -> None:
    assert extractor.text(DocumentKind.DOCX, GOOD).split() == ["still", "here"]


def refused(extractor: Extractor, kind: DocumentKind, data: bytes) -> str:
    """Why; exactly one line says so."""
    with capture_logs() as logs:
        assert extractor.text(kind, data) == ""
    assert [line["event"] for line in logs] == ["attachment not read"], logs
    assert logs[0]["size"] == len(data)
    return str(logs[0]["reason"])


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_documents_of_every_kind(extractor: Extractor) -> None:
    assert lines(extractor.text(DocumentKind.DOCX, documents.docx(*PARAGRAPHS, header="Letterhead"))) == [
        *PARAGRAPHS,
        "Letterhead",
    ]
    found = lines(
        extractor.text(DocumentKind.XLSX, documents.xlsx(list(PARAGRAPHS), "inline 検索", "20261128", "Sheet 表"))
    )
    assert found == ["Sheet 表", *PARAGRAPHS, "inline 検索", "20261128"]
    assert lines(extractor.text(DocumentKind.PPTX, documents.pptx(list(PARAGRAPHS) * 3, "note"))) == [
        *PARAGRAPHS * 3,
        "note",
    ]
    assert lines(extractor.text(DocumentKind.ODF, documents.odt(*PARAGRAPHS))) == list(PARAGRAPHS)
    assert lines(extractor.text(DocumentKind.PDF, documents.pdf(*PARAGRAPHS[:3]))) == list(PARAGRAPHS[:3])
    assert extractor.text(DocumentKind.TEXT, "a,検索\r\n".encode()) == "a,検索\r\n"
    assert extractor.text(DocumentKind.HTML, b"<p>a<b>b</b>") == "\nab"


@pytest.mark.parametrize(
    ("main", "sub", "name", "kind"),
    [
        (b"application", b"pdf", None, DocumentKind.PDF),
        (b"application", b"octet-stream", "Report.PDF", DocumentKind.PDF),
        (b"application", b"octet-stream", "report", None),
        (b"application", b"octet-stream", None, None),
        (b"application", b"octet-stream", "x.exe", None),
        (b"application", b"zip", "table.ods", DocumentKind.ODF),
        (b"application", b"vnd.oasis.opendocument.spreadsheet", None, DocumentKind.ODF),
        (b"application", b"vnd.openxmlformats-officedocument.spreadsheetml.sheet", "x.pdf", DocumentKind.XLSX),
        (b"application", b"json", None, DocumentKind.TEXT),
        (b"application", b"csv", None, DocumentKind.TEXT),
        (b"application", b"pkcs7-mime", "smime.p7m", None),
        (b"image", b"png", "x.pdf", None),
        (b"application", b"pgp-encrypted", "x.txt", None),
    ],
)  # fmt: skip
def test_kinds(main: bytes, sub: bytes, name: str | None, kind: DocumentKind | None) -> None:
    assert kind_of(main, sub, name) is kind


def test_bombs(extractor: Extractor) -> None:
    reason = refused(
        extractor,
        DocumentKind.DOCX,
        documents.archive({"word/document.xml": f"<w:document {documents.W}>".encode() + b"<w:x/>" * 50_000_000}),
    )
    assert "too much" in reason or "too long" in reason
    still_works(extractor)
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><w:document><w:t>&a9;</w:t></w:document>'
    assert "entities" in refused(extractor, DocumentKind.DOCX, documents.archive({"word/document.xml": laughs}))
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document><w:t>&a;</w:t></w:document>'
    assert "entities" in refused(extractor, DocumentKind.DOCX, documents.archive({"word/document.xml": outside}))
    many = documents.archive({f"word/header{n}.xml": "" for n in range(10_001)})
    assert "members" in refused(extractor, DocumentKind.DOCX, many)
    deep = documents.archive({"content.xml": "<a>" * 100_000})
    assert "deep" in refused(extractor, DocumentKind.ODF, deep)
    still_works(extractor)


def test_a_page_that_unpacks_to_a_gigabyte_is_a_line_in_the_log_at_most(extractor: Extractor) -> None:
    bomb = documents.stream(b" " * 300_000_000)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page, bomb]
    extractor.text(DocumentKind.PDF, documents.assembled(objects))
    still_works(extractor)


def test_a_page_tree_that_goes_in_circles(extractor: Extractor) -> None:
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 100000000 /Kids [2 0 R 2 0 R] >>"]
    extractor.text(DocumentKind.PDF, documents.assembled(objects))
    still_works(extractor)


def test_what_is_cut_short_or_not_what_it_says(extractor: Extractor) -> None:
    source = random.Random(3)
    for kind, data in (
        (DocumentKind.DOCX, documents.docx(*PARAGRAPHS)),
        (DocumentKind.XLSX, documents.xlsx(list(PARAGRAPHS), "a", "1", "s")),
        (DocumentKind.PDF, documents.pdf(*PARAGRAPHS)),
    ):
        for end in range(0, len(data), 50):
            extractor.text(kind, data[:end])
        for _ in range(40):
            wrong = bytearray(data)
            for _ in range(source.randrange(1, 8)):
                wrong[source.randrange(len(wrong))] = source.randrange(256)
            extractor.text(kind, bytes(wrong))
        extractor.text(kind, source.randbytes(5000))
    still_works(extractor)


def test_prefixes_are_a_programs_own_choice(extractor: Extractor) -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = {
        "xl/SharedStrings.xml": f'<x:sst xmlns:x="{space}"><x:si><x:t>検索</x:t></x:si></x:sst>',
        "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="{space}"><x:row><x:c t="s"><x:v>0</x:v></x:c><x:c><x:v>42</x:v></x:c></x:row></x:worksheet>',
    }  # fmt: skip
    assert lines(extractor.text(DocumentKind.XLSX, documents.archive(book))) == ["検索", "42"]
    strict = '<document xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main"><p><r><t>wo</t></r><r><t>rd</t></r></p></document>'
    assert lines(extractor.text(DocumentKind.DOCX, documents.archive({"word/document.xml": strict}))) == ["word"]
    other = '<w:document xmlns:w="urn:other"><w:t>unseen</w:t></w:document>'
    assert lines(extractor.text(DocumentKind.DOCX, documents.archive({"word/document.xml": other}))) == []


def test_readings_stand_between_no_characters(extractor: Extractor) -> None:
    ruby = "<w:r><w:ruby><w:rt><w:r><w:t>けんさく</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>検索</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    word = f"<w:document {documents.W}><w:p><w:r><w:t>全文</w:t></w:r>{ruby}<w:r><w:t>する co<w:x/></w:t><w:noBreakHyphen/><w:t>op</w:t></w:r></w:p></w:document>"
    assert lines(extractor.text(DocumentKind.DOCX, documents.archive({"word/document.xml": word}))) == [
        "全文検索する co-op"
    ]
    ruby = "<text:ruby><text:ruby-base>検索</text:ruby-base><text:ruby-text>けんさく</text:ruby-text></text:ruby>"
    content = f"<office:document-content {documents.ODF}><text:p>全文{ruby}する</text:p></office:document-content>"
    assert lines(extractor.text(DocumentKind.ODF, documents.archive({"content.xml": content}))) == ["全文検索する"]


def test_comments_notes_and_formats_of_open_document(extractor: Extractor) -> None:
    comment = '<office:annotation><dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Alice</dc:creator><text:p>why</text:p></office:annotation>'
    note = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p></text:note-body></text:note>"
    content = (
        f"<office:document-content {documents.ODF}><office:automatic-styles>number format</office:automatic-styles>"
        f"<office:body><text:p>first{comment}second{note}</text:p></office:body></office:document-content>"
    )
    found = extractor.text(DocumentKind.ODF, documents.archive({"content.xml": content}))
    assert lines(found) == ["first", "Alice", "why", "second", "below"]


def test_diagrams_of_slides(extractor: Extractor) -> None:
    content = (
        '<x xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>a step</a:t></a:r></a:p></x>'
    )
    assert lines(extractor.text(DocumentKind.PPTX, documents.archive({"ppt/diagrams/data1.xml": content}))) == [
        "a step"
    ]
    assert lines(extractor.text(DocumentKind.DOCX, documents.archive({"word/diagrams/data1.xml": content}))) == [
        "a step"
    ]


def encrypted_pdf() -> bytes:
    """As of a writer whose password nobody has: the keys fit none."""
    rights = b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%s> /U <%s> >>" % (b"12" * 32, b"34" * 32)
    found = documents.assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 0 /Kids [] >>", rights])
    name = b"ab" * 16
    return found.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 3 0 R /ID [<%s> <%s>]" % (name, name))


def encrypted_member() -> bytes:
    """The flags of a zip archive say that its member is encrypted."""
    data = bytearray(documents.archive({"word/document.xml": "x" * 50}))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (DocumentKind.PDF, encrypted_pdf()),
        (DocumentKind.DOCX, encrypted_member()),
        (DocumentKind.ODF, documents.archive({
            "content.xml": b"\xd3\x01" * 50,
            "META-INF/manifest.xml": "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>",
        })),
    ],
    ids=["pdf", "zip", "odf"],
)  # fmt: skip
def test_passwords_of_other_kinds(extractor: Extractor, kind: DocumentKind, data: bytes) -> None:
    with capture_logs() as logs:
        assert extractor.text(kind, data) == ""
    assert logs == []
    still_works(extractor)


def test_a_password_is_nobodys_fault(extractor: Extractor) -> None:
    with capture_logs() as logs:
        assert extractor.text(DocumentKind.DOCX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)) == ""
    assert logs == []


def test_what_is_too_large(extractor: Extractor) -> None:
    small = Extractor(Limits(size=1000))
    assert "too large" in refused(small, DocumentKind.PDF, bytes(1001))
    small.close()
    assert len(extractor.text(DocumentKind.DOCX, documents.docx("word " * 30_000))) == 100_000


def test_a_child_that_was_killed_is_replaced_and_the_document_read(extractor: Extractor) -> None:
    still_works(extractor)
    child = extractor._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    killer = threading.Timer(0.3, lambda: os.kill(child.pid, signal.SIGKILL))
    killer.start()
    still_works(extractor)
    assert extractor._child is not None and extractor._child.pid != child.pid


PROGRAM = """
import os, signal, socket, sys, time
channel = socket.socket(fileno=os.dup(0))
how = {how!r}
while True:
    if not channel.recv(1 << 20):
        break
    if how == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "slow":
        os.kill(os.getpid(), signal.SIGXCPU)
    elif how == "nonsense":
        channel.sendall(b"?" * 100)
    elif how == "length":
        channel.sendall(b"t" + b"\\xff" * 4)
    elif how == "cut":
        channel.sendall(b"t\\0\\0\\0\\xff" + b"x")
        sys.exit(0)
    elif how == "silent":
        time.sleep(60)
"""


@pytest.mark.parametrize(
    ("how", "reason"),
    [("segv", "SIGSEGV"), ("nonsense", "nonsense"), ("length", "nonsense"), ("cut", "ended with 0"), ("silent", "too long")],
)  # fmt: skip
def test_a_child_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, reason: str) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "broken_child.py").write_text(PROGRAM.format(how=how))
    monkeypatch.syspath_prepend(str(packages))
    extractor = Extractor(Limits(patience=2), program="broken_child")
    assert reason in refused(extractor, DocumentKind.DOCX, GOOD)
    extractor.close()


def test_what_took_all_its_time_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    started = tmp_path / "started"
    program = f"open({str(started)!r}, 'a').write('x')\n" + PROGRAM.format(how="slow")
    (packages / "slow_child.py").write_text(program)
    monkeypatch.syspath_prepend(str(packages))
    extractor = Extractor(program="slow_child")
    assert refused(extractor, DocumentKind.DOCX, GOOD) == "it takes too long"
    assert started.read_text() == "x"
    extractor.close()


def test_a_document_that_needs_all_the_time_there_is() -> None:
    """One token of a hundred megabytes, which expat reads from its beginning with each piece, or refuses by the bound on what it unpacks to."""
    extractor = Extractor(Limits(seconds=1))
    token = documents.archive({"content.xml": b'<a b="' + b" " * 300_000_000})
    reason = refused(extractor, DocumentKind.ODF, token)
    assert "too long" in reason or "too much" in reason
    still_works(extractor)
    extractor.close()


def test_the_child_is_confined_and_ends_when_it_is_not_needed() -> None:
    extractor = Extractor(Limits(idle=0.2))
    still_works(extractor)
    assert extractor._child is not None
    pid = extractor._child.pid
    bounds = Path(f"/proc/{pid}/limits").read_text()
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    found = {line[:26].strip(): line[26:47].strip() for line in bounds.splitlines()}
    assert found["Max file size"] == "0" and found["Max core file size"] == "0" and found["Max open files"] == "16"
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    still_works(extractor)
    extractor.close()
    with pytest.raises(TryLater):
        extractor.text(DocumentKind.DOCX, GOOD)


def test_several_threads(extractor: Extractor) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(extractor.text(DocumentKind.DOCX, documents.docx(f"text {n}")).strip()))
        for n in range(12)
    ]  # fmt: skip
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == sorted(f"text {n}" for n in range(12))
