"""The text of a message that searches look at."""

from __future__ import annotations

from collections.abc import Callable

from postroom.message.entities import Entity
from postroom.message.search.content import search_text
from postroom.message.search.matching import needle


def message(*parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n%b\r\n" % part for part in parts)
    return (
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n%b--b--\r\n" % body
    )


def test_search_reads_encodings_html_names_and_forwarded_headers() -> None:
    raw = message(
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nU1RSQVNTRQ==",
        b"Content-Type: text/html\r\n\r\nsplit<b>ted</b> over\r\nlines",
        b"Content-Type: application/pdf; name=Report.pdf\r\n\r\n%PDF secret",
        b"Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\ninner body",
    )
    found = search_text(raw)
    for asked in ("straße", "STRASSE", "splitted OVER lines", "report.PDF", "GRÜSSE", "inner"):
        assert needle(asked).found_in(found.bodies), asked
    for asked in ("secret", "<b>", "absent"):
        assert not needle(asked).found_in(found.bodies), asked


def test_each_field_of_the_header_is_a_line() -> None:
    found = search_text(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Long: a\r\n b\r\n\r\nbody")
    assert found.header == "subject: grüsse\nx-long: a b"
    assert found.bodies == ("body",)


def test_documents_are_read_where_somebody_can() -> None:
    raw = message(b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==")

    def read(entity: Entity, name: str | None, octets: Callable[[], bytes]) -> str:
        return f"{entity.sub_type.decode()} {name} {octets().decode()}"

    assert search_text(raw, read).bodies == ("pdf a.pdf %pdf", "a.pdf")


def test_what_is_encrypted_is_left_out() -> None:
    inner = b"--c\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--c\r\nContent-Type: text/plain; name=e.asc\r\n\r\nsecret\r\n--c--"
    raw = message(
        b"Content-Type: multipart/encrypted; boundary=c\r\n\r\n" + inner,
        b"Content-Type: text/plain\r\n\r\nbefore\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nwcBMA\r\n-----END PGP MESSAGE-----\r\nafter",
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nsecret",
    )
    assert search_text(raw).bodies == ("before after", "smime.p7m")
