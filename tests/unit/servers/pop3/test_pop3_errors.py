"""The table of refusals is complete, and what is told is one printable line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postroom.model.errors import MailError, Meaning, TryLater
from postroom.servers.pop3.errors import CODES, reply_to
from postroom.wire.pop3.replies import ResponseCode, status_line


def test_every_meaning_has_its_reply() -> None:
    assert set(CODES) == set(Meaning)


def test_a_maildrop_is_never_in_use() -> None:
    assert ResponseCode.IN_USE not in CODES.values()


def test_detail_is_not_told() -> None:
    assert reply_to(TryLater("later", detail="a path")) == ("later", ResponseCode.SYS_TEMP)


@given(st.text(), st.sampled_from(Meaning))
def test_any_text_is_one_line(text: str, meaning: Meaning) -> None:
    line = status_line(False, *reply_to(MailError(text, meaning=meaning)))
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\r\n")
