"""Reports: what a mail program reads out of them, and that nothing a stranger said breaks out of its line."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.message.dsn import Action, Notice, RecipientStatus, build

ORIGINAL = b"From: Bob <bob@example.test>\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\n\r\nhello\r\n"
FAILED = RecipientStatus(
    "friend@far.test",
    Action.FAILED,
    "5.1.1",
    "550 5.1.1 nobody of that name",
    "mx.far.test [192.0.2.1]",
    "rfc822;wrote=me@far.test",
    last_attempt_at=1_800_000_000,
)
NOTICE = Notice(
    reporting_mta="mail.example.test",
    header_from="Mail Delivery System <MAILER-DAEMON@example.test>",
    to="bob@example.test",
    at=1_800_000_000,
    message_id="abc@mail.example.test",
    arrived_at=1_799_990_000,
    recipients=(FAILED,),
    returned=ORIGINAL,
    is_full=True,
    envelope_id="order 7",
)


def read(notice: Notice) -> EmailMessage:
    raw = build(notice)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert len(list(message.iter_parts())) == 3
    return message


def status_groups(message: EmailMessage) -> list[dict[str, str]]:
    part = list(message.iter_parts())[1]
    payload = part.get_payload()
    assert isinstance(payload, list)
    return [dict(group.items()) for group in payload]


def test_a_failure() -> None:
    message = read(NOTICE)
    assert message["Subject"] == "Not delivered: Grüße"
    assert message["To"] == "bob@example.test"
    assert message["Auto-Submitted"] == "auto-replied"
    about, recipient = status_groups(message)
    assert about == {
        "Reporting-MTA": "dns; mail.example.test",
        "Original-Envelope-Id": "order+207",
        "Arrival-Date": "Fri, 15 Jan 2027 05:13:20 +0000",
    }
    assert recipient == {
        "Original-Recipient": "rfc822; wrote+3Dme@far.test",
        "Final-Recipient": "rfc822; friend@far.test",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; mx.far.test",
        "Diagnostic-Code": "smtp; 550 5.1.1 nobody of that name",
        "Last-Attempt-Date": "Fri, 15 Jan 2027 08:00:00 +0000",
    }
    text, _, original = message.iter_parts()
    assert "mx.far.test [192.0.2.1] says: 550 5.1.1 nobody of that name" in text.get_content()
    assert "you wrote to wrote=me@far.test" in text.get_content()
    assert original.get_content_type() == "message/rfc822"
    assert original.get_content()["From"] == "Bob <bob@example.test>"


def test_only_the_header_is_returned_where_that_is_asked_for() -> None:
    original = list(read(replace(NOTICE, is_full=False)).iter_parts())[2]
    assert original.get_content_type() == "text/rfc822-headers"
    assert b"hello" not in build(replace(NOTICE, is_full=False))


def test_a_delay_says_until_when() -> None:
    delayed = replace(FAILED, action=Action.DELAYED, status="4.4.1", will_retry_until=1_800_432_000)
    message = read(replace(NOTICE, recipients=(delayed,), is_full=False))
    assert status_groups(message)[1]["Will-Retry-Until"] == "Wed, 20 Jan 2027 08:00:00 +0000"
    assert "nothing you need to do" in next(message.iter_parts()).get_content()


def test_addresses_beyond_ascii_make_it_a_global_report() -> None:
    recipient = replace(FAILED, final_recipient="grüße@exämple.test", original_recipient="utf-8;grüße@exämple.test")
    raw = build(replace(NOTICE, recipients=(recipient,)))
    assert b"Content-Type: message/global-delivery-status" in raw
    assert "Final-Recipient: utf-8; grüße@exämple.test".encode() in raw
    assert "Original-Recipient: utf-8; grüße@exämple.test".encode() in raw
    assert b"Content-Type: message/global\r\n" in raw


def test_a_reason_of_our_own_names_no_other_server() -> None:
    own = replace(FAILED, reply="no such domain", remote="")
    group = status_groups(read(replace(NOTICE, recipients=(own,))))[1]
    assert "Remote-MTA" not in group
    assert group["Diagnostic-Code"] == "x-postroom; no such domain"


def test_the_boundary_is_not_in_what_is_returned() -> None:
    boundary = read(NOTICE).get_boundary()
    assert boundary is not None
    again = read(replace(NOTICE, returned=ORIGINAL + b"--" + boundary.encode() + b"--\r\n"))
    assert again.get_boundary() != boundary


@pytest.mark.parametrize("evil", ["a\r\nX-Evil: 1", "a\n\nb", "a\x00b", "a\u2028X-Evil: 1", "x" * 5000])
def test_nothing_a_server_said_starts_a_field(evil: str) -> None:
    recipient = replace(FAILED, reply=evil, remote=evil, original_recipient=f"rfc822;{evil}", final_recipient=evil)
    raw = build(replace(NOTICE, recipients=(recipient,), envelope_id=evil))
    assert b"\r\nX-Evil" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@given(st.binary(max_size=400), st.text(max_size=60), st.booleans())
def test_any_original_and_any_reply_make_a_report_of_three_parts(returned: bytes, reply: str, is_full: bool) -> None:
    notice = replace(NOTICE, returned=returned, is_full=is_full, recipients=(replace(FAILED, reply=reply),))
    raw = build(notice)
    message = message_from_bytes(raw)
    parts = message.get_payload()
    assert isinstance(parts, list)
    assert len(parts) == 3
    if is_full:
        assert returned in raw
