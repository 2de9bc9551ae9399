"""Every command of the table: refused in the states it does not belong to, taken in the others; shown with a reply in some transcript; and every response code too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postroom.servers.imap import errors
from postroom.wire.core import Need
from postroom.wire.imap.commands.table import COMMANDS, State
from postroom.wire.imap.events import Violation
from postroom.wire.imap.responses.status import Code
from postroom.wire.imap.server import ServerCore

TESTS = Path(__file__).parents[3]
TRANSCRIPTS = "".join(path.read_text("utf-8") for path in sorted(TESTS.glob("transcripts/imap/**/*.txt")))
SCENARIOS = "".join(path.read_text("utf-8") for path in sorted(TESTS.glob("**/*.py")))


def core_in(state: State) -> ServerCore:
    core = ServerCore(multi_append=True)
    if state is not State.NOT_AUTHENTICATED:
        core.authenticated()
    if state is State.SELECTED:
        core.selected()
    return core


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_its_states(name: bytes, state: State) -> None:
    core = core_in(state)
    core.receive_data(b"t " + name + b"\r\n")
    event = core.next_event()
    refused = isinstance(event, Violation) and event.text == f"Not allowed: {state.value}"
    assert refused == (state not in COMMANDS[name].states), event
    if refused:
        assert core.data_to_send() == b"t BAD Not allowed: " + state.value.encode() + b"\r\n"
        core.receive_data(b"u NOOP\r\n")
        assert not isinstance(core.next_event(), Need | Violation), "the next command is read"


@pytest.mark.parametrize("name", sorted(name for name, row in COMMANDS.items() if not row.uid))
def test_it_has_no_uid_form(name: bytes) -> None:
    core = core_in(State.SELECTED)
    core.receive_data(b"t UID " + name + b" 1\r\n")
    assert core.next_event() == Violation(b"t", "Unknown command")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_it_stands_in_a_transcript(name: bytes) -> None:
    word = name.decode()
    shown = re.search(rf"^2?C: \S+ (UID )?{word}\b", TRANSCRIPTS, re.MULTILINE | re.IGNORECASE)
    assert shown or re.search(rf"\b{word}\b", SCENARIOS)


@pytest.mark.parametrize("code", sorted({value for name, value in vars(Code).items() if not name.startswith("_")}))
def test_each_code_is_told_in_some_test(code: bytes) -> None:
    """Those that only `servers.imap.errors` gives are told by name in its own test."""
    if code in {reply[1] for reply in errors.REPLIES.values()}:
        return
    spelled = "[" + code.decode()
    assert spelled in TRANSCRIPTS or spelled in SCENARIOS
