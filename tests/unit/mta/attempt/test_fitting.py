"""Whether a message can be given to a host, and with which parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.model.address import Address, parse_address
from postroom.model.email import Content
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.ids import BlobId
from postroom.model.relaying.relay import Parcel, Progress, Report
from postroom.mta.attempt.fitting import Fit, fit

ASCII = b"Subject: x\r\n\r\nhello\r\n"
UTF8 = "Subject: grün\r\n\r\nhello\r\n".encode()


def parcel(
    message: bytes = ASCII, sender: str = "alice@example.test", recipient: str = "friend@far.test", **words: object
) -> Parcel:
    content = Content(BlobId(bytes(32)), len(message), message, None)
    path = Address(*recipient.split("@"))
    envelope = Envelope(parse_address(sender), (EnvelopeRecipient(path),), **words)  # type: ignore[arg-type]
    return Parcel(envelope, content, b"Received: here\r\n")


CASES = [
    # message, what the host offers, what follows
    (parcel(), "", Fit(smtputf8=False, body_8bit=False)),
    (parcel(body_8bit=True), "8BITMIME", Fit(smtputf8=False, body_8bit=True)),
    (parcel(body_8bit=True), "", "5.6.3"),
    (parcel(smtputf8=True), "", Fit(smtputf8=False, body_8bit=False)),
    (parcel(UTF8, smtputf8=True), "SMTPUTF8", Fit(smtputf8=True, body_8bit=False)),
    (parcel(UTF8, smtputf8=True), "", "5.6.7"),
    (parcel(UTF8), "", Fit(smtputf8=False, body_8bit=False)),
    (parcel(recipient="grüße@far.test"), "", "5.6.7"),
    (parcel(sender="grüße@example.test"), "", "5.6.7"),
    (parcel(sender="grüße@example.test"), "SMTPUTF8", Fit(smtputf8=True, body_8bit=False)),
    (parcel(recipient="friend@exämple.test"), "", Fit(smtputf8=False, body_8bit=False)),
    (parcel(recipient="friend@" + "ü" * 60 + ".test"), "", "5.6.7"),
    (parcel(require_tls=True), "REQUIRETLS", Fit(smtputf8=False, body_8bit=False)),
    (parcel(require_tls=True), "", "5.7.30"),
]


@pytest.mark.parametrize(("sent", "offered", "expected"), CASES)
def test_what_is_offered_decides(sent: Parcel, offered: str, expected: Fit | str) -> None:
    found = fit(sent, lambda keyword: keyword in offered.split(), None)
    if isinstance(expected, Fit):
        assert found == expected
    else:
        assert isinstance(found, Report)
        assert (found.progress, found.status) == (Progress.FAILED, expected)


@pytest.mark.parametrize(("limit", "fits"), [(None, True), (1000, True), (10, False)])
def test_size(limit: int | None, fits: bool) -> None:
    found = fit(parcel(), lambda keyword: False, limit)
    assert isinstance(found, Fit) is fits
    if isinstance(found, Report):
        assert found.status == "5.3.4"


def test_the_header_of_a_large_message_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(UTF8 + b"x" * 1_000_000)
    content = Content(BlobId(bytes(32)), path.stat().st_size, None, str(path))
    sent = Parcel(parcel(smtputf8=True).envelope, content, b"")
    assert isinstance(fit(sent, lambda keyword: False, None), Report)
