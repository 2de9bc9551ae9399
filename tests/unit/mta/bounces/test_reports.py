"""Which reports a sender is owed, and what they carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.message.dsn import Action, RecipientStatus
from postroom.model.address import Address, parse_address
from postroom.model.email import Content
from postroom.model.envelope import DsnRequest, Envelope
from postroom.model.ids import BlobId
from postroom.model.relaying.queue import QueuedLetter
from postroom.mta.bounces.reports import RETURNED, Reporter, is_wanted
from postroom.settings.smtp import SmtpSettings

BOB = parse_address("bob@example.test")
SMALL = b"Subject: x\r\n\r\nhello\r\n"


class Domains:
    """The one question a reporter asks of a directory."""

    async def primary_domain(self) -> str:
        return "example.test"


class Clock:
    def now(self) -> int:
        return 1_800_000_000


def reporter(sign: object = None) -> Reporter:
    return Reporter(Domains(), Clock(), lambda: SmtpSettings(server_name="mail.example.test"), sign)  # type: ignore[arg-type]


def letter(
    data: bytes | None = SMALL, path: Path | None = None, sender: Address | None = BOB, ret: str | None = None
) -> QueuedLetter:
    size = len(data) if data is not None else path.stat().st_size if path is not None else 0
    content = Content(BlobId(bytes(32)), size, data, str(path) if path is not None else None)
    return QueuedLetter(Envelope(sender, (), ret=ret), content, b"Received: here\r\n", 1_799_000_000)


def status(action: Action, name: str = "a@far.test") -> RecipientStatus:
    return RecipientStatus(name, action, "5.0.0", "why")


@pytest.mark.parametrize(
    ("notify", "wanted"),
    [
        (None, {Action.FAILED, Action.DELAYED}),
        (("NEVER",), set()),
        (("FAILURE",), {Action.FAILED}),
        (("DELAY",), {Action.DELAYED}),
        (("SUCCESS",), {Action.DELIVERED, Action.RELAYED, Action.EXPANDED}),
        (("DELAY", "FAILURE", "SUCCESS"), set(Action)),
    ],
)
def test_notify_decides(notify: tuple[str, ...] | None, wanted: set[Action]) -> None:
    assert {action for action in Action if is_wanted(DsnRequest(notify), action)} == wanted


async def test_one_report_for_each_kind() -> None:
    everything = DsnRequest(("DELAY", "FAILURE", "SUCCESS"))
    statuses = [
        (everything, status(Action.FAILED, "a@far.test")),
        (everything, status(Action.DELIVERED, "b@far.test")),
        (everything, status(Action.FAILED, "c@far.test")),
        (everything, status(Action.RELAYED, "d@far.test")),
        (everything, status(Action.DELAYED, "e@far.test")),
    ]
    reports = await reporter().report(letter(), statuses)
    about = [
        [name for name in "abcde" if f"rfc822; {name}@far.test".encode() in (report.content.data or b"")]
        for report in reports
    ]
    assert about == [["a", "c"], ["e"], ["b", "d"]]
    for report in reports:
        assert report.envelope.reverse_path is None
        (recipient,) = report.envelope.recipients
        assert recipient.forward_path == BOB
        assert recipient.dsn.notify == ("NEVER",)


async def test_the_null_path_is_told_nothing() -> None:
    assert await reporter().report(letter(sender=None), [(DsnRequest(), status(Action.FAILED))]) == []


@pytest.mark.parametrize(
    ("ret", "size", "is_full"),
    [(None, 100, True), ("FULL", 100, True), ("HDRS", 100, False), ("FULL", RETURNED, False)],
)
async def test_ret_and_size_decide_what_is_returned(ret: str | None, size: int, is_full: bool) -> None:
    message = b"Subject: x\r\n\r\n" + b"y" * size + b"\r\n"
    (report,) = await reporter().report(letter(message, ret=ret), [(DsnRequest(), status(Action.FAILED))])
    assert (b"message/rfc822" in (report.content.data or b"")) is is_full
    assert report.content.size < RETURNED + 4000


async def test_a_large_message_is_read_no_further_than_needed(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"Subject: large\r\n\r\n" + b"y" * 1_000_000)
    (report,) = await reporter().report(letter(None, path), [(DsnRequest(), status(Action.FAILED))])
    assert b"Subject: large" in (report.content.data or b"")
    assert report.content.size < 5000


async def test_what_is_8bit_says_so() -> None:
    message = b"Subject: x\r\n\r\n\xc3\xbc\r\n"
    (report,) = await reporter().report(letter(message), [(DsnRequest(), status(Action.FAILED))])
    assert (report.envelope.body_8bit, report.envelope.smtputf8) == (True, False)
    sender = parse_address("grüße@exämple.test")
    (report,) = await reporter().report(letter(sender=sender), [(DsnRequest(), status(Action.FAILED))])
    assert report.envelope.smtputf8 is True


async def test_a_report_is_signed_for_the_domain_it_comes_from() -> None:
    seen = []

    async def sign(header: bytes, body: bytes, domain: str) -> bytes:
        seen.append((header, body, domain))
        return b"DKIM-Signature: ours\r\n"

    (report,) = await reporter(sign).report(letter(), [(DsnRequest(), status(Action.FAILED))])
    assert report.prefix == b"DKIM-Signature: ours\r\n"
    ((header, body, domain),) = seen
    assert domain == "example.test"
    assert header + body == report.content.data
    assert b"From: Mail Delivery System <MAILER-DAEMON@example.test>\r\n" in header
