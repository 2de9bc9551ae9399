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
        extractor, DocumentKind.DOCX, documents.archive({"word/document.xml": f"<w:document {documents.W}>".encode() + b"<w:x/>" * 50_000_000})
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
