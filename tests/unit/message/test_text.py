"""Reading text: HTML, previews, names of attachments, search."""

import pytest

from postroom.message import limits, text
from postroom.message.entities import scan
from postroom.message.search.content import search_text


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Hello <b>bo</b>ld</p>", "Hello bold"),
        ("a<br>b<div class='x'>c</div>", "a b c"),
        ("<style>p{}</style>x<script>if (a<b) {}</script>y", "xy"),
        ("<head><title>t</title><body>x", "x"),
        ("x<!-- <b>hidden --> y <!-- never closed <p>z", "x y"),
        ("1 < 2 && 3 > 2 &amp; &lt;b&gt; &#8364; &eacute;", "1 < 2 && 3 > 2 & <b> € é"),
        ("<!DOCTYPE html><?xml?></nothing>x", "x"),
        ("&#99999999999999999999999;x", "\N{REPLACEMENT CHARACTER}x"),
        ("<a href", ""),
    ],
)
def test_html(markup: str, expected: str) -> None:
    assert " ".join(text.html_text(markup).split()) == expected


@pytest.mark.parametrize("unit", ["<", "<!--", "<a ", "&", "&#", "<script>", "</", "<b>"])
def test_a_megabyte_of_one_thing(unit: str) -> None:
    assert len(text.html_text(unit * (1_000_000 // len(unit)))) <= 1_000_000
    assert text.html_text("&#" + "9" * 100_000) == "\N{REPLACEMENT CHARACTER}"


def message(*parts: bytes) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    ) + b"--b--\r\n"


def test_preview_prefers_plain_text_that_is_no_quote_and_no_attachment() -> None:
    raw = message(
        b"Content-Type: text/html\r\n\r\n<p>html</p>",
        b"Content-Disposition: attachment\r\n\r\nattached",
        b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"> quoted\r\n  caf=E9=\r\n au lait\x01\r\n\r\nnext",
    )
    assert text.preview(raw, scan(raw)) == "café au lait next"


def test_preview_is_short_and_falls_back() -> None:
    long = b"\r\n" + b"word " * 5000
    assert len(text.preview(long, scan(long))) <= limits.PREVIEW
    quoted = b"\r\n> only this"
    assert text.preview(quoted, scan(quoted)) == "> only this"
    assert text.preview(b"", scan(b"")) == ""


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (b'Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        (b'Content-Disposition: attachment; filename="c:\\\\x\\\\y.txt"', "y.txt"),
        (b"Content-Type: image/png; name=a.png", "a.png"),
        (b"Content-Disposition: attachment; filename*=utf-8''%E2%82%AC%0A.txt", "€ .txt"),
        (b'Content-Disposition: attachment; filename="' + b"x" * 10_000 + b'"', "x" * limits.FILE_NAME),
        (b"Content-Disposition: attachment", None),
    ],
)
def test_file_names(fields: bytes, name: str | None) -> None:
    assert text.file_name(scan(fields + b"\r\n\r\n")) == name


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"Content-Disposition: ATTACHMENT", True),
        (b"Content-Type: application/pdf; name=x.pdf", True),
        (b"Content-Type: image/png; name=x.png\r\nContent-ID: <i@example.test>", False),
        (b"Content-Type: application/pgp-signature; name=signature.asc", False),
        (b"Content-Type: text/plain; name=x.txt", False),
        (b"Content-Type: message/rfc822", True),
    ],
)
def test_attachments(fields: bytes, expected: bool) -> None:
    assert text.is_attachment(scan(fields + b"\r\n\r\n")) is expected


def test_what_is_nested_too_deep_is_still_searched() -> None:
    raw = b"needle"
    for level in range(limits.DEPTH + 5):
        raw = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b\r\n--b%d--\r\n" % (
            level,
            level,
            raw,
            level,
        )
    assert "needle" in search_text(raw).bodies[0]
