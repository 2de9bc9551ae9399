"""A summary of an ordinary message, and the header cache that goes with it."""

from postroom.message import header_cache, limits
from postroom.message.headers import Header
from postroom.message.summary import summarise

MESSAGE = (
    b"Return-Path: <alice@example.test>\r\n"
    b"From: =?utf-8?q?Al=C3=ADce?= <alice@example.test>\r\nTo: bob@example.test\r\n"
    b"Subject: Re: =?utf-8?q?Caf=C3=A9?=\r\nDate: Thu, 1 Jan 1970 01:00:00 +0000\r\nMessage-ID: <2@example.test>\r\n"
    b"In-Reply-To: <1@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    b"\r\n"
    b"--b\r\n\r\nHello Bob,\r\nsee attached.\r\n"
    b"--b\r\nContent-Type: application/pdf; name=x.pdf\r\n\r\n%PDF\r\n--b--\r\n"
)


def test_summary() -> None:
    summary = summarise(MESSAGE)
    assert summary.size == len(MESSAGE)
    assert (summary.subject, summary.base_subject) == ("Re: Café", "Café")
    assert (summary.message_id, summary.references) == ("2@example.test", ("1@example.test",))
    assert (summary.sent_at, summary.has_attachment) == (3600, True)
    assert (summary.from_text, summary.to_text) == ("Alíce", "bob@example.test")
    assert summary.preview == "Hello Bob, see attached."
    assert summary.body.startswith(b'(("text" "plain"') and summary.body.endswith(b'"mixed")')


def test_raw_header_bytes_are_read_by_the_charset_of_the_text() -> None:
    raw = "Subject: 中文\r\nFrom: 李 <a@b>\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n中".encode("gb18030")
    summary = summarise(raw)
    assert (summary.subject, summary.from_text, summary.preview) == ("中文", "李", "中")


def test_the_cache_knows_what_is_absent_and_what_it_does_not_know() -> None:
    stored = summarise(MESSAGE).header_cache
    assert header_cache.select(stored, [b"SUBJECT", b"Cc", b"to"]) == (
        b"To: bob@example.test\r\nSubject: Re: =?utf-8?q?Caf=C3=A9?=\r\n\r\n"
    )
    assert header_cache.select(stored, [b"bcc"]) == b"\r\n"
    assert header_cache.select(stored, [b"to", b"x-strange"]) is None
    assert header_cache.select(b"", [b"to"]) is None


def test_a_header_too_large_to_cache_says_so() -> None:
    large = Header(b"To: " + b"a@b, " * limits.CACHED_HEADER + b"\r\n\r\n")
    assert header_cache.select(header_cache.build(large), [b"subject"]) is None
