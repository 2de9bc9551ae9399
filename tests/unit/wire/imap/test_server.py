"""The bounds and the order of calls of ServerCore; what it understands is in the transcripts."""

import pytest

from postroom.wire.core import CoreMisuse, Need
from postroom.wire.imap.commands.any_state.noop import Noop
from postroom.wire.imap.commands.authenticated.append import AppendStarted
from postroom.wire.imap.commands.not_authenticated.login import Login
from postroom.wire.imap.commands.selected.search import Search
from postroom.wire.imap.commands.table import COMMANDS, State
from postroom.wire.imap.events import LiteralChunk, PeerClosed, Violation
from postroom.wire.imap.limits import MAX_DEPTH, MAX_FLAGS, MAX_LINES, MAX_PATTERNS, MAX_SEARCH_KEYS, Limits
from postroom.wire.imap.responses.status import Condition
from postroom.wire.imap.server import ServerCore


def core_in(state: State, limits: Limits | None = None) -> ServerCore:
    core = ServerCore(limits or Limits())
    if state is not State.NOT_AUTHENTICATED:
        core.authenticated()
    if state is State.SELECTED:
        core.selected()
    return core


def said(core: ServerCore, data: bytes) -> tuple[object, bytes]:
    core.receive_data(data)
    return core.next_event(), core.data_to_send()


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (b"SEARCH " + b"(" * 60000, b"BAD Search keys nested too deep"),
        (b"SEARCH " + b"NOT " * 15000 + b"ALL", b"BAD Search keys nested too deep"),
        (b"SEARCH " + b"OR ALL " * 9000 + b"ALL", b"BAD Search keys nested too deep"),
        (b"SEARCH " + b"OR " * 9000 + b"ALL", b"BAD Search keys nested too deep"),
        (b"SEARCH " + b" ".join([b"ALL"] * (MAX_SEARCH_KEYS + 1)), b"NO [LIMIT] Too many search keys"),
        (b"FETCH 1 BODY[" + b"1." * 10000 + b"1]", b"BAD Section too deep"),
        (b"FETCH 1 (" + b" ".join([b"FLAGS"] * 300) + b")", b"NO [LIMIT] Too many FETCH items"),
        (b"FETCH 1 BODY[HEADER.FIELDS (" + b" ".join([b"A"] * 300) + b")]", b"NO [LIMIT] Too many header fields"),
        (b"FETCH " + b",".join([b"1"] * 20000) + b" FLAGS", b"BAD Invalid sequence set: too many ranges"),
        (b"STORE 1 FLAGS " + b" ".join([b"k%d" % at for at in range(MAX_FLAGS + 1)]), b"NO [LIMIT] Too many flags"),
        (b"STORE 1 FLAGS " + b"k" * 256, b"NO [LIMIT] Keyword too long"),
        (b"SELECT " + b"a" * 1001, b"NO [CANNOT] Mailbox name too long"),
        (
            b'LIST "" (' + b" ".join([b"a%d" % at for at in range(MAX_PATTERNS + 1)]) + b")",
            b"NO [LIMIT] Too many patterns",
        ),
        (b"ID (" + b" ".join([b'"a" "b"'] * 31) + b")", b"BAD ID field too long or too many"),
        (b'ID ("' + b"a" * 31 + b'" NIL)', b"BAD ID field too long or too many"),
    ],
)
def test_bounded_arguments(argument: bytes, text: bytes) -> None:
    event, reply = said(core_in(State.SELECTED), b"a " + argument + b"\r\n")
    assert isinstance(event, Violation)
    assert not event.fatal
    assert reply == b"a " + text + b"\r\n"


@pytest.mark.parametrize(("depth", "outcome"), [(MAX_DEPTH - 1, Search), (MAX_DEPTH, Violation)])
def test_nesting_up_to_the_bound_is_read(depth: int, outcome: type) -> None:
    event, _ = said(core_in(State.SELECTED), b"a SEARCH " + b"(" * depth + b"ALL" + b")" * depth + b"\r\n")
    assert isinstance(event, outcome)


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_a_line_over_64_kib_ends_the_connection(end: bytes) -> None:
    event, reply = said(core_in(State.AUTHENTICATED), b"a SELECT " + b"x" * MAX_LINES + end)
    assert event == Violation(None, "Line too long", fatal=True)
    assert reply == b"* BAD Line too long\r\n* BYE Line too long\r\n"


def test_the_lines_of_a_command_are_bounded_together() -> None:
    core = core_in(State.SELECTED)
    core.receive_data(b"a SEARCH " + b"TEXT {1+}\r\nx " * 6000)
    assert core.next_event() == Violation(b"a", "Line too long", fatal=True)


def test_the_literals_of_a_command_are_bounded_together() -> None:
    core = core_in(State.SELECTED)
    core.receive_data(b"a SEARCH " + (b"TEXT {8000+}\r\n" + b"x" * 8000 + b" ") * 9 + b"\r\nb NOOP\r\n")
    event = core.next_event()
    assert event == Violation(b"a", "Literal too large")
    assert core.next_event() == Noop(b"b")


def test_a_literal_is_not_kept_before_it_is_wanted() -> None:
    core = core_in(State.AUTHENTICATED)
    event, reply = said(core, b"a SELECT {4294967295}\r\n")
    assert (event, reply) == (Violation(b"a", "Literal too large"), b"a BAD Literal too large\r\n")
    assert core.buffered == 0


def test_a_skipped_literal_is_not_kept() -> None:
    core = core_in(State.AUTHENTICATED)
    assert said(core, b"a SELECT {20000+}\r\n")[0] == Violation(b"a", "Literal too large")
    for _ in range(20):
        assert said(core, b"x" * 1000) == (Need.DATA, b"")
        assert core.buffered == 0
    assert said(core, b"\r\nb NOOP\r\n")[0] == Noop(b"b")


def test_skipping_is_bounded() -> None:
    core = core_in(State.AUTHENTICATED, Limits(skip=10000))
    assert said(core, b"a FOO {9000+}\r\n" + b"x" * 9000)[0] == Violation(b"a", "Unknown command")
    event, reply = said(core, b" {9000+}\r\n")
    assert event == Violation(b"a", "Literal too large", fatal=True)
    assert reply == b"* BYE Literal too large\r\n"


@pytest.mark.parametrize(("tag", "kept"), [(b"t" * 128, True), (b"t" * 129, False), (b"t" * 10000, False)])
def test_a_tag_is_bounded(tag: bytes, kept: bool) -> None:
    event, reply = said(core_in(State.AUTHENTICATED), tag + b" NOOP\r\n")
    assert event == (Noop(tag) if kept else Violation(None, "Invalid tag"))
    assert reply == (b"" if kept else b"* BAD Invalid tag\r\n")


@pytest.mark.parametrize(("state", "count"), [(State.NOT_AUTHENTICATED, 3), (State.AUTHENTICATED, 20)])
def test_bad_commands_are_counted(state: State, count: int) -> None:
    core = core_in(state)
    core.receive_data(b"a FOO\r\n" * 50)
    events = []
    while not isinstance(event := core.next_event(), Need):
        events.append(event)
    assert events == [Violation(b"a", "Unknown command")] * (count - 1) + [
        Violation(b"a", "Too many bad commands", fatal=True)
    ]
    assert core.data_to_send().endswith(b"* BYE Too many bad commands\r\n")


def test_wrong_states_are_not_counted() -> None:
    core = core_in(State.NOT_AUTHENTICATED)
    core.receive_data(b"a SELECT INBOX\r\n" * 50 + b"b NOOP\r\n")
    for _ in range(50):
        assert core.next_event() == Violation(b"a", "Not allowed: not authenticated")
    assert core.next_event() == Noop(b"b")


def test_tls_on_a_clear_port() -> None:
    event, reply = said(core_in(State.NOT_AUTHENTICATED), b"\x16\x03\x01\x02\x00")
    assert event == Violation(None, "TLS on a port for clear text", fatal=True)
    assert reply.endswith(b"* BYE TLS on a port for clear text\r\n")


def test_a_message_cut_by_the_end_of_the_stream() -> None:
    core = core_in(State.AUTHENTICATED)
    assert isinstance(said(core, b"a APPEND INBOX {10+}\r\nabc")[0], AppendStarted)
    core.accept_literal()
    core.receive_eof()
    assert core.next_event() == LiteralChunk(b"abc")
    assert core.next_event() == PeerClosed(in_command=True)
    assert core.next_event() is Need.DATA


def test_the_end_of_the_stream_waits_for_the_reply() -> None:
    core = core_in(State.AUTHENTICATED)
    assert said(core, b"a NOOP\r\n")[0] == Noop(b"a")
    core.receive_eof()
    assert core.next_event() is Need.REPLY
    core.reply(Condition.OK, "done")
    assert core.next_event() == PeerClosed(in_command=False)


def test_a_password_is_in_no_representation() -> None:
    event, _ = said(core_in(State.NOT_AUTHENTICATED), b"a LOGIN alice secret\r\n")
    assert isinstance(event, Login)
    assert "secret" not in repr(event)


def test_calls_out_of_order_are_our_defect() -> None:
    core = core_in(State.AUTHENTICATED)
    for call in (core.accept_literal, core.accept_idle, core.tls_started, lambda: core.challenge(b"")):
        with pytest.raises(CoreMisuse):
            call()
    with pytest.raises(CoreMisuse):
        core.reply(Condition.OK, "done")
    with pytest.raises(CoreMisuse):
        core.refuse(Condition.NO, "no")
    core.receive_data(b"a NOOP\r\n")
    core.next_event()
    core.reply(Condition.OK, "done")
    with pytest.raises(CoreMisuse):
        core.reply(Condition.OK, "twice")


def test_a_large_piece_is_not_copied_on_its_way_out() -> None:
    core = core_in(State.SELECTED)
    body = memoryview(bytearray(1000))
    core.send(b"* 1 FETCH (BODY[] {1000}\r\n", body, b")\r\n")
    assert core.output_size == 1029
    assert core.pieces_to_send()[1] is body
    assert core.output_size == 0


def test_closing_by_the_session() -> None:
    core = core_in(State.SELECTED)
    core.receive_data(b"a NOOP\r\n")
    core.close("Autologout; idle for too long")
    assert core.data_to_send() == b"* BYE Autologout; idle for too long\r\n"
    core.send(b"* 1 EXISTS\r\n")
    assert (core.next_event(), core.data_to_send()) == (Need.DATA, b"")


@pytest.mark.parametrize("name", sorted(COMMANDS))
@pytest.mark.parametrize("state", list(State))
def test_each_command_only_in_its_states(name: bytes, state: State) -> None:
    event, reply = said(core_in(state), b"a " + name.lower() + b"\r\n")
    refused = reply.startswith(b"a BAD Not allowed")
    assert refused is (state not in COMMANDS[name].states)
    assert isinstance(event, Violation) or not refused


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_uid_forms(name: bytes) -> None:
    _, reply = said(core_in(State.SELECTED), b"a UID " + name + b" \r\n")
    assert (reply == b"a BAD Unknown command\r\n") is not COMMANDS[name].uid
