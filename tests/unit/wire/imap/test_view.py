import re
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.imap.sequences import SAVED, SequenceSet, parse_sequence_set
from postroom.wire.imap.view import FlagChange, SelectedView, Span, ViewChanges


def view_of(*uids: int, recent: tuple[int, ...] = ()) -> SelectedView:
    view = SelectedView()
    view.load(uids, recent)
    return view


def test_expunges_are_told_from_the_end() -> None:
    view = view_of(10, 20, 30, 40, 50)
    view.apply(ViewChanges(expunged=[40, 10, 20]))
    assert view.flush(allow_expunge=True) == [b"* 4 EXPUNGE\r\n", b"* 2 EXPUNGE\r\n", b"* 1 EXPUNGE\r\n"]
    assert list(view.uids) == [30, 50]
    assert not view.pending


def test_expunged_messages_keep_their_numbers_until_told() -> None:
    view = view_of(10, 20, 30)
    view.apply(ViewChanges(expunged=[20], arrived=[40]))
    assert view.pending_expunge
    assert view.flush(allow_expunge=False) == [b"* 4 EXISTS\r\n"]
    assert view.resolve(parse_sequence_set(b"2:*"), uid=False) == [20, 30, 40]
    assert view.flush(allow_expunge=True) == [b"* 2 EXPUNGE\r\n"]
    assert view.resolve(parse_sequence_set(b"2:*"), uid=False) == [30, 40]


def test_vanished_for_expunge() -> None:
    view = view_of(1, 2, 3, 9)
    view.apply(ViewChanges(expunged=[9, 1, 2]))
    assert view.flush(allow_expunge=True, vanished=True) == [b"* VANISHED 1:2,9\r\n"]


def test_what_came_and_went_untold_is_never_told() -> None:
    view = view_of(1)
    view.apply(ViewChanges(arrived=[2, 3], recent=[2, 3]))
    view.apply(ViewChanges(expunged=[2, 3]))
    assert (view.pending, view.flush(allow_expunge=True)) == (False, [])
    assert view.recent_count == 0


def test_arrivals_are_told_with_recent() -> None:
    view = view_of(1, 2, recent=(2,))
    view.apply(ViewChanges(arrived=[3, 4], recent=[4]))
    assert view.flush(allow_expunge=False) == [b"* 4 EXISTS\r\n", b"* 2 RECENT\r\n"]
    assert [view.is_recent(uid) for uid in (1, 2, 3, 4)] == [False, True, False, True]


def test_an_arrival_known_from_loading_is_not_told_again() -> None:
    view = view_of(1, 2, 3)
    view.apply(ViewChanges(arrived=[2, 3, 4], recent=[2, 4]))
    assert view.flush(allow_expunge=False) == [b"* 4 EXISTS\r\n", b"* 1 RECENT\r\n"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, b"* 2 FETCH (FLAGS (\\Seen))\r\n"),
        ({"uid": True}, b"* 2 FETCH (UID 20 FLAGS (\\Seen))\r\n"),
        ({"condstore": True}, b"* 2 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (7))\r\n"),
    ],
)
def test_flag_changes(options: dict[str, bool], line: bytes) -> None:
    view = view_of(10, 20, 30)
    view.apply(ViewChanges(flags=[FlagChange(20, b"", 6), FlagChange(20, b"\\Seen", 7), FlagChange(99, b"", 7)]))
    assert view.flush(allow_expunge=False, **options) == [line]
    assert view.flush(allow_expunge=False, **options) == []


def test_recent_is_shown_among_the_flags() -> None:
    view = view_of(1, 2, recent=(1, 2))
    view.apply(ViewChanges(flags=[FlagChange(2, b"\\Seen", 1), FlagChange(1, b"", 1)]))
    assert view.flush(allow_expunge=True) == [
        b"* 1 FETCH (FLAGS (\\Recent))\r\n* 2 FETCH (FLAGS (\\Recent \\Seen))\r\n"
    ]


def test_whether_a_whole_run_is_recent() -> None:
    view = SelectedView()
    view.load([1, 2, 3, 4], recent=[2, 3, 4])
    assert view.all_recent([2, 3])
    assert not view.all_recent([1, 2])


def test_the_client_is_not_told_what_it_said() -> None:
    view = view_of(1, 2)
    view.told([1, 2], 5)
    view.apply(ViewChanges(flags=[FlagChange(1, b"a", 5), FlagChange(2, b"b", 6)]))
    assert view.flush(allow_expunge=True) == [b"* 2 FETCH (FLAGS (b))\r\n"]
    view.apply(ViewChanges(flags=[FlagChange(1, b"c", 7)]))
    view.told([1], 8)
    assert view.flush(allow_expunge=True) == []


def test_flags_of_an_expunged_message_are_not_told() -> None:
    view = view_of(1, 2)
    view.apply(ViewChanges(expunged=[1], flags=[FlagChange(1, b"a", 5)]))
    view.apply(ViewChanges(flags=[FlagChange(1, b"a", 6)]))
    assert view.flush(allow_expunge=False) == []
    assert view.flush(allow_expunge=True) == [b"* 1 EXPUNGE\r\n"]


@pytest.mark.parametrize(
    ("text", "uid", "uids"),
    [
        (b"1:4294967295", False, [10, 20, 30]),
        (b"1:4294967295", True, [10, 20, 30]),
        (b"*", False, [30]),
        (b"*", True, [30]),
        (b"100:*", True, [30]),
        (b"5:*", False, [30]),
        (b"3:2,1", False, [10, 20, 30]),
        (b"4", False, []),
        (b"20:11", True, [20]),
        (b"11:19,31:99", True, []),
    ],
)
def test_resolve(text: bytes, uid: bool, uids: list[int]) -> None:
    assert view_of(10, 20, 30).resolve(parse_sequence_set(text), uid=uid) == uids


@pytest.mark.parametrize("uid", [True, False])
@pytest.mark.parametrize("text", [b"*", b"1:*", b"1", b"*:5"])
def test_an_empty_mailbox_has_no_last_message(text: bytes, uid: bool) -> None:
    assert view_of().resolve(parse_sequence_set(text), uid=uid) == []


def test_spans() -> None:
    view = view_of(10, 20, 30, 40)
    assert view.spans(parse_sequence_set(b"15:35,40"), uid=True) == [Span(2, 3, 20, 30), Span(4, 4, 40, 40)]
    assert view.spans(parse_sequence_set(b"2:9"), uid=False) == [Span(2, 4, 20, 40)]
    assert view.uid_ranges(parse_sequence_set(b"15:35,40"), uid=True) == [(20, 30), (40, 40)]
    assert list(view.numbered([40, 15, 10])) == [(4, 40), (1, 10)]
    assert [view.sequence_number(uid) for uid in (10, 11, 41)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("uids", "numbers"),
    [
        ([], []),
        ([20, 30], [2, 3]),
        ([10, 20, 30, 40], [1, 2, 3, 4]),
        ([10, 30], [1, 3]),
        ([20, 25, 30], [2, 0, 3]),
        ([40, 50], [4, 0]),
        ([5], [0]),
    ],
)
def test_sequence_numbers(uids: list[int], numbers: list[int]) -> None:
    assert list(view_of(10, 20, 30, 40).sequence_numbers(uids)) == numbers


def test_the_newest_uid_counts_what_is_not_told() -> None:
    view = view_of()
    assert view.newest_uid == 0
    view.load([7])
    assert view.newest_uid == 7
    view.apply(ViewChanges(arrived=[9]))
    assert view.newest_uid == 9
    view.apply(ViewChanges(expunged=[9]))
    view.apply(ViewChanges(arrived=[9]))
    assert (view.newest_uid, view.pending) == (9, False)


def test_a_shared_array_is_never_changed() -> None:
    shared = array("I", [1, 2, 3])
    view = SelectedView()
    view.load(shared)
    assert view.uids is shared
    view.apply(ViewChanges(arrived=[4], expunged=[1]))
    view.flush(allow_expunge=True)
    assert (list(shared), list(view.uids)) == ([1, 2, 3], [2, 3, 4])


def test_a_shared_array_is_not_changed_by_arrivals_alone() -> None:
    shared = array("I", [1, 2, 3])
    views = [SelectedView(), SelectedView()]
    for uid, view in enumerate(views, 4):
        view.load(shared)
        for arrived in (uid, uid + 10):
            view.apply(ViewChanges(arrived=[arrived]))
            view.flush(allow_expunge=True)
    assert [list(view.uids) for view in views] == [[1, 2, 3, 4, 14], [1, 2, 3, 5, 15]]
    assert list(shared) == [1, 2, 3]


def test_a_change_that_does_not_come_back_leaves_no_mark() -> None:
    view = SelectedView()
    view.load([1, 2])
    view.apply(ViewChanges(flags=[FlagChange(1, b"a", 5)]))
    view.told([1], 6, returns=False)
    assert not view.pending
    view.apply(ViewChanges(flags=[FlagChange(1, b"b", 6)]))
    assert view.pending


class NaiveClient:
    """What a client makes of the responses: a list of messages, each with its UID once it is known."""

    def __init__(self, uids: list[int]) -> None:
        self.messages: list[int | None] = list(uids)
        self.flags: dict[int, bytes] = {}

    def hear(self, responses: list[bytes], *, expunge_allowed: bool) -> None:
        for line in b"".join(responses).splitlines():
            number = int(line.split()[1])
            if line.endswith(b"EXPUNGE"):
                assert expunge_allowed
                del self.messages[number - 1]
            elif line.endswith(b"EXISTS"):
                assert number >= len(self.messages)
                self.messages += [None] * (number - len(self.messages))
            else:
                found = re.fullmatch(rb"\* \d+ FETCH \(UID (\d+) FLAGS \((.*)\)\)", line)
                assert found is not None
                assert self.messages[number - 1] in (None, int(found[1]))
                self.flags[int(found[1])] = found[2]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(1, 3)),
        st.tuples(st.just("expunge"), st.integers(0, 30)),
        st.tuples(st.just("flag"), st.integers(0, 30)),
        st.tuples(st.just("flush"), st.integers(0, 1)),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(st.sets(st.integers(1, 40), max_size=10).map(sorted), steps)
def test_a_client_that_listens_knows_the_mailbox(start: list[int], script: list[tuple[str, int]]) -> None:
    mailbox, flags, mod_seq, next_uid = list(start), dict.fromkeys(start, b""), 1, 50
    view = view_of(*start)
    client = NaiveClient(start)
    for action, value in [*script, ("flush", 1)]:
        mod_seq += 1
        if action == "arrive":
            new = list(range(next_uid, next_uid + value))
            next_uid += value
            mailbox += new
            view.apply(ViewChanges(arrived=new))
        elif action == "expunge" and mailbox:
            uid = mailbox.pop(value % len(mailbox))
            view.apply(ViewChanges(expunged=[uid]))
        elif action == "flag" and mailbox:
            uid = mailbox[value % len(mailbox)]
            if view.sequence_number(uid):
                flags[uid] = b"f%d" % mod_seq
            view.apply(ViewChanges(flags=[FlagChange(uid, b"f%d" % mod_seq, mod_seq)]))
        elif action == "flush":
            client.hear(view.flush(allow_expunge=bool(value), uid=True), expunge_allowed=bool(value))
            # RFC 3501 §7.3.1: a client asks for what EXISTS announced.
            client.messages = [known or view.uids[at] for at, known in enumerate(client.messages)]
        assert client.messages == list(view.uids)
    assert list(view.uids) == mailbox
    assert all(client.flags.get(uid, b"") == flags.get(uid, b"") for uid in mailbox)


@settings(max_examples=150)
@given(
    st.sets(st.integers(1, 50), max_size=12).map(sorted),
    st.lists(st.tuples(st.integers(0, 55), st.integers(0, 55)), min_size=1, max_size=6),
    st.booleans(),
)
def test_resolve_is_what_a_naive_reading_gives(uids: list[int], ranges: list[tuple[int, int]], uid: bool) -> None:
    largest = (uids[-1] if uid else len(uids)) if uids else 0
    named = set()
    for first, last in ranges:
        low, high = sorted((first or largest, last or largest))
        named.update(range(low, high + 1))
    expected = [known for number, known in enumerate(uids, 1) if (known if uid else number) in named]
    assert view_of(*uids).resolve(SequenceSet(tuple(ranges)), uid=uid) == expected


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"uid_only": True}, [b"* VANISHED 10,30\r\n", b"* 3 EXISTS\r\n", b"* 20 UIDFETCH (FLAGS (\\Seen))\r\n"]),
        (
            {"uid_only": True, "condstore": True},
            [b"* VANISHED 10,30\r\n", b"* 3 EXISTS\r\n", b"* 20 UIDFETCH (FLAGS (\\Seen) MODSEQ (7))\r\n"],
        ),
        (
            {"vanished": True, "condstore": True},
            [b"* VANISHED 10,30\r\n", b"* 3 EXISTS\r\n", b"* 1 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (7))\r\n"],
        ),
        (
            {},
            [
                b"* 3 EXPUNGE\r\n",
                b"* 1 EXPUNGE\r\n",
                b"* 3 EXISTS\r\n",
                b"* 1 FETCH (FLAGS (\\Seen))\r\n",
            ],
        ),
    ],
)
def test_the_same_changes_in_each_dialect(options: dict[str, bool], lines: list[bytes]) -> None:
    view = view_of(10, 20, 30, 40)
    view.apply(ViewChanges(arrived=[50], expunged=[10, 30], flags=[FlagChange(20, b"\\Seen", 7)]))
    assert view.flush(allow_expunge=True, **options) == lines
    assert list(view.uids) == [20, 40, 50]


@pytest.mark.parametrize("options", [{"vanished": True}, {"uid_only": True}])
def test_vanished_waits_as_expunge_does(options: dict[str, bool]) -> None:
    view = view_of(10, 20)
    view.apply(ViewChanges(expunged=[10]))
    assert view.flush(allow_expunge=False, **options) == []
    assert view.sequence_number(20) == 2
    assert view.flush(allow_expunge=True, **options) == [b"* VANISHED 10\r\n"]
    assert view.sequence_number(20) == 1


@pytest.mark.parametrize("vanished", [True, False])
def test_many_changes_are_told_in_pieces(vanished: bool) -> None:
    count = 20_000
    view = view_of(*range(1, count + 1))
    view.apply(
        ViewChanges(expunged=range(1, count + 1, 2), flags=[FlagChange(uid, b"", 5) for uid in range(2, count, 2)])
    )
    pieces = list(view.pieces(allow_expunge=True, uid=True, condstore=False, vanished=vanished, uid_only=False))
    assert len(pieces) >= 4
    assert max(b"".join(piece).count(b"\r\n") for piece in pieces) <= 4096
    said = b"".join(line for piece in pieces for line in piece)
    if vanished:
        told = [uid for line in re.findall(rb"VANISHED (.*)\r\n", said) for uid in line.split(b",")]
        assert told == [b"%d" % uid for uid in range(1, count + 1, 2)]
    else:
        assert said.count(b"EXPUNGE") == count // 2
    assert list(view.uids) == list(range(2, count + 1, 2))
    assert not view.pending


def test_what_is_missing_where_the_history_ends() -> None:
    view = view_of(1, 2, 3, 4)
    view.apply(ViewChanges(arrived=[5, 6], expunged=[2]))
    assert view.missing([3, 5, 7]) == [1, 4, 6]
    assert (view.knows_any(1, 1), view.knows_any(5, 9), view.knows_any(0, 9)) == (True, False, True)


def test_the_saved_result_names_what_is_still_there() -> None:
    view = SelectedView()
    view.load([2, 3, 5, 8])
    assert view.uid_ranges(SAVED, uid=False) == []
    view.saved = [2, 3, 8]
    assert view.uid_ranges(SAVED, uid=False) == view.uid_ranges(SAVED, uid=True) == [(2, 3), (8, 8)]
    assert view.resolve(SAVED, uid=True) == [2, 3, 8]
    view.apply(ViewChanges(expunged=[3]))
    assert view.gone == [3] and view.resolve(SAVED, uid=False) == [2, 3, 8]
    view.flush(allow_expunge=True)
    assert view.resolve(SAVED, uid=False) == [2, 8]
    view.load([2, 3])
    assert view.resolve(SAVED, uid=False) == []
