"""The table of replies and the table of capabilities are complete."""

from __future__ import annotations

import pytest

from postroom.model.errors import Meaning, OverLimit
from postroom.servers.imap import capabilities, errors
from postroom.servers.imap.table import COMMANDS
from postroom.wire.imap.commands.selected.fetch import Fetch
from postroom.wire.imap.commands.table import COMMANDS as SPOKEN
from postroom.wire.imap.responses.status import Condition


@pytest.mark.parametrize("meaning", Meaning)
def test_every_meaning_has_a_reply(meaning: Meaning) -> None:
    condition, text, code = errors.reply(OverLimit("too much of it", meaning=meaning))
    assert condition in (Condition.NO, Condition.BAD)
    assert text == "Too much of it"
    assert code is not None


def test_no_reply_is_left_over() -> None:
    assert set(errors.REPLIES) == set(Meaning)


def test_every_spoken_command_is_served() -> None:
    assert len(COMMANDS) >= len(SPOKEN)


def test_an_unserved_capability_fails() -> None:
    with pytest.raises(LookupError, match="Fetch"):
        capabilities.check({command for command in COMMANDS if command is not Fetch})
