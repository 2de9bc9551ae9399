"""Every meaning has its SMTP reply."""

from __future__ import annotations

import pytest

from postroom.model.errors import Defect, MailError, Meaning, NotPermitted, OverLimit, TryLater
from postroom.servers.smtp import errors


@pytest.mark.parametrize("meaning", list(Meaning))
def test_each_meaning_has_a_reply_of_one_class(meaning: Meaning) -> None:
    for translated in (errors.reply_for, errors.auth_reply_for):
        reply = translated(MailError("what strangers may know", meaning=meaning, detail="what they may not"))
        assert reply.code >= 400
        assert int(reply.enhanced[0]) == reply.code // 100
        assert reply.lines == ("what strangers may know",)


def test_no_meaning_is_left_over() -> None:
    assert set(errors.CODES) == set(Meaning)


@pytest.mark.parametrize("kind", [TryLater, Defect])
def test_what_is_not_the_senders_fault_is_temporary(kind: type[MailError]) -> None:
    assert errors.reply_for(kind("x")).transient
    assert errors.auth_reply_for(kind("x")).code == 454


def test_the_specified_ones() -> None:
    table = {
        Meaning.NO_SUCH_RECIPIENT: "550 5.1.1",
        Meaning.RELAY_DENIED: "550 5.7.1",
        Meaning.TOO_MANY: "452 4.5.3",
        Meaning.TOO_BIG: "552 5.3.4",
        Meaning.TOO_MANY_HOPS: "554 5.4.6",
        Meaning.STORAGE_FULL: "452 4.3.1",
        Meaning.TOO_MANY_MESSAGES: "450 4.7.1",
        Meaning.GREYLISTED: "451 4.7.1",
        Meaning.BLOCK_LISTED: "550 5.7.1",
        Meaning.REVERSE_DNS_FAILED: "550 5.7.25",
        Meaning.SPF_FAILED: "550 5.7.23",
        Meaning.DKIM_FAILED: "550 5.7.20",
        Meaning.DMARC_FAILED: "550 5.7.26",
        Meaning.SENDER_UNKNOWN_YET: "451 4.4.3",
        Meaning.SENDER_NOT_OWNED: "553 5.7.1",
        Meaning.PRIVACY_REQUIRED: "538 5.7.11",
    }
    for meaning, expected in table.items():
        reply = errors.reply_for(NotPermitted("x", meaning=meaning))
        assert f"{reply.code} {reply.enhanced}" == expected


def test_text_from_a_peer_stays_on_its_line() -> None:
    reply = errors.reply_for(OverLimit("a\r\n250 b\0ü"))
    assert reply.render(enhanced=True) == b"452 4.5.3 a??250 b??\r\n"
