"""What submission adds and takes away, and messages of our own."""

import email
import email.policy

from postroom.message import compose, limits
from postroom.message.headers import Header, read_header

ORIGIN = compose.Origin(at=0, unique="20260907.1", domain="example.test", header_from="alice@example.test")


def test_missing_fields() -> None:
    assert compose.missing_fields(Header(b"Subject: x\r\n\r\n"), ORIGIN) == (
        b"From: alice@example.test\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <20260907.1@example.test>\r\n"
    )
    assert compose.missing_fields(Header(b"from: a\r\ndate: b\r\nmessage-id: c\r\n\r\n"), ORIGIN) == b""
    assert compose.message_id("a b>\r\n", "x y") == "a-b---@x-y"


def test_bcc_goes_and_the_rest_stays_byte_for_byte() -> None:
    message = b"To: a\r\nBCC : b,\r\n\tc\r\nX-Bcc: d\nbcc:e\nResent-Bcc: f\r\nSubject:  x\r\n\r\nBcc: body\r\n"
    assert compose.remove_fields(message) == b"To: a\r\nX-Bcc: d\nSubject:  x\r\n\r\nBcc: body\r\n"
    assert compose.remove_fields(message, [b"to", b"x-bcc"]).startswith(b"BCC : b")
    plain = b"To: a\r\n\r\n"
    assert compose.remove_fields(plain) is plain


def test_bcc_is_found_past_every_bound() -> None:
    message = b"a:\r\n" * (limits.HEADER_FIELDS + 5) + b"X: " + b"y" * limits.HEADER_BLOCK + b"\r\nBcc: b\r\n\r\n"
    assert b"Bcc" not in compose.remove_fields(message)


def test_a_plain_message_reads_as_it_was_written() -> None:
    text = "Grüße\n.\nFrom here = there\n" + "long " * 60 + "\nend"
    raw = compose.PlainMessage(
        header_from=compose.mailbox("postmaster@example.test", 'Post "Office", Inc.'),
        to=(compose.mailbox("bob@example.test", "Bób"), "carol@example.test"),
        subject="Zustellung fehlgeschlagen: " + "漢字" * 40,
        text=text,
        at=0,
        message_id="1@example.test",
        extra=(("Auto-Submitted", "auto-replied\r\nBcc: x"),),
    ).to_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert read["From"].addresses[0].display_name == 'Post "Office", Inc.'
    assert [address.addr_spec for address in read["To"].addresses] == ["bob@example.test", "carol@example.test"]
    assert read["To"].addresses[0].display_name == "Bób"
    assert read["Subject"] == "Zustellung fehlgeschlagen: " + "漢字" * 40
    assert read.get_content().replace("\r\n", "\n") == text + "\n"
    assert b"bcc" not in read_header(raw)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_an_ascii_message_is_sent_as_it_is() -> None:
    raw = compose.PlainMessage("a@b", ("c@d",), "Hello", "one\ntwo", 0, "1@b").to_bytes()
    assert raw.endswith(b"Content-Transfer-Encoding: 7bit\r\n\r\none\r\ntwo\r\n")
