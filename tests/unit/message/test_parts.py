"""IMAP's numbering: the tree of RFC 3501 §6.4.5, and the edges of it."""

import pytest

from postroom.message import parts
from postroom.message.entities import Encoding

INNER = b"\r\n".join(
    [
        b"Subject: inner",
        b"Content-Type: multipart/alternative; boundary=i",
        b"",
        b"--i",
        b"",
        b"4.2.2.1",
        b"--i",
        b"Content-Type: text/richtext",
        b"",
        b"4.2.2.2",
        b"--i--",
    ]
)
MIDDLE = b"\r\n".join(
    [
        b"Subject: middle",
        b"Content-Type: multipart/mixed; boundary=m",
        b"",
        b"--m",
        b"",
        b"4.1",
        b"--m",
        INNER,
        b"--m--",
    ]
)
MESSAGE = b"\r\n".join(
    [
        b"Subject: outer",
        b"Content-Type: multipart/mixed; boundary=o",
        b"",
        b"--o",
        b"Content-Type: text/plain",
        b"",
        b"one",
        b"--o",
        b"Content-Type: application/octet-stream",
        b"Content-Transfer-Encoding: base64",
        b"",
        b"dHdv",
        b"--o",
        b"Content-Type: message/rfc822",
        b"",
        b"Subject: third",
        b"",
        b"text of third",
        b"--o",
        b"Content-Type: message/rfc822",
        b"",
        MIDDLE,
        b"--o--",
        b"",
    ]
)


def section(path: tuple[int, ...], kind: str = "", message: bytes = MESSAGE) -> bytes | None:
    found = parts.from_bytes(parts.read(message).to_bytes()).section(path, kind)
    return None if found is None else message[found[0] : found[1]]


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ((1,), "", b"one"),
        ((2,), "", b"dHdv"),
        ((2,), "MIME", b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        ((3,), "", b"Subject: third\r\n\r\ntext of third"),
        ((3,), "HEADER", b"Subject: third\r\n\r\n"),
        ((3,), "TEXT", b"text of third"),
        ((3, 1), "", b"text of third"),
        ((3, 1), "MIME", b"Subject: third\r\n\r\n"),
        ((4,), "HEADER", MIDDLE[: MIDDLE.index(b"\r\n\r\n") + 4]),
        ((4, 1), "", b"4.1"),
        ((4, 2, 2), "", b"4.2.2.2"),
        ((4, 2, 2), "MIME", b"Content-Type: text/richtext\r\n\r\n"),
        ((), "HEADER", MESSAGE[: MESSAGE.index(b"\r\n\r\n") + 4]),
        ((), "TEXT", MESSAGE[MESSAGE.index(b"\r\n\r\n") + 4 :]),
        ((), "", MESSAGE),
        ((1,), "HEADER", None),
        ((1,), "TEXT", None),
        ((1, 1), "", None),
        ((3, 1, 1), "", None),
        ((3, 2), "", None),
        ((5,), "", None),
        ((0,), "", None),
        ((), "MIME", None),
        ((4,) * 10_000, "", None),
    ],
)
def test_section(path: tuple[int, ...], kind: str, expected: bytes | None) -> None:
    assert section(path, kind) == expected


def test_a_message_that_is_no_multipart_has_one_part() -> None:
    message = b"Subject: x\r\n\r\nhello\r\n"
    assert section((1,), "", message) == b"hello\r\n"
    assert section((1,), "MIME", message) == b"Subject: x\r\n\r\n"
    assert section((1, 1), "", message) is None
    assert section((2,), "", message) is None


def test_a_message_that_is_a_message() -> None:
    message = b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello"
    assert section((1,), "", message) == b"Subject: inner\r\n\r\nhello"
    assert section((1,), "HEADER", message) == b"Subject: inner\r\n\r\n"
    assert section((1, 1), "", message) == b"hello"


def test_the_stored_form_keeps_encodings_and_is_small() -> None:
    tree = parts.read(MESSAGE)
    assert [part.encoding for part in tree.leaves()][:2] == [Encoding.IDENTITY, Encoding.BASE64]
    assert len(parts.read(b"Subject: x\r\n\r\nhello").to_bytes()) == 13


@pytest.mark.parametrize("stored", [b"", b"H", b"X123456789012", b"H" + b"\x01\x00\x05\x00" + b"\x00" * 8, b"H\x00"])
def test_a_broken_stored_form_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="stored part tree"):
        parts.from_bytes(stored)
