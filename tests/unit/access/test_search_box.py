"""The search box: what a typed text means."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from postroom.access.search.box import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse_box
from postroom.access.search.box_terms import Surroundings
from postroom.access.search.query import (
    AllOf,
    AnyOf,
    Everything,
    FileNameHas,
    HasAttachment,
    HasKeyword,
    HeaderHas,
    InMailboxes,
    LargerThan,
    Not,
    Query,
    ReceivedAfter,
    SmallerThan,
    TextHas,
)
from postroom.model.errors import Malformed
from postroom.model.ids import MailboxId, ModSeq
from postroom.model.keywords import Keywords
from postroom.model.mailbox import Mailbox, MailboxRole

DAY = 86400


def mailbox(number: int, name: str, role: MailboxRole | None = None) -> Mailbox:
    return Mailbox(MailboxId(number), name, role, 1, 1, 1, 0, 0, 0, 0, ModSeq(1))


MAILBOXES = [mailbox(1, "INBOX", MailboxRole.INBOX), mailbox(2, "Gesendet", MailboxRole.SENT), mailbox(3, "Work/Plans")]
HERE = Surroundings(datetime.date(2024, 3, 31), datetime.UTC, MAILBOXES)


def words(text: str) -> TextHas:
    return TextHas(text, header=True, loose=True)


def phrase(text: str) -> TextHas:
    return TextHas(text, header=True)


def start(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text + "T00:00:00+00:00").timestamp())


def keyword(name: str) -> HasKeyword:
    return HasKeyword(Keywords.of([name]))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Everything()),
        ("  \u3000 ", Everything()),
        ("budget", words("budget")),
        ("budget meeting", words("budget meeting")),
        ('"budget meeting"', phrase("budget meeting")),
        ('budget "next year"', AllOf((words("budget"), phrase("next year")))),
        ("a -b", AllOf((words("a"), Not(words("b"))))),
        ("a OR b", AnyOf((words("a"), words("b")))),
        ("a OR b c", AllOf((words("c"), AnyOf((words("a"), words("b")))))),
        ("a or b", words("a or b")),
        ("(a b) OR c", AnyOf((words("a b"), words("c")))),
        ("-(a OR b)", Not(AnyOf((words("a"), words("b"))))),
        ("OR a OR", words("a")),
        ("a OR OR b", AnyOf((words("a"), words("b")))),
        ("- a --b", AllOf((words("a"), Not(words("b"))))),
        ("()", Everything()),
        ("from:amy", HeaderHas(b"from", "amy", loose=True)),
        ('FROM:"Amy B"', HeaderHas(b"from", "Amy B")),
        ("-to:amy", Not(HeaderHas(b"to", "amy", loose=True))),
        ("subject:x cc:y bcc:z", AllOf(tuple(HeaderHas(name, text, loose=True) for name, text in ((b"subject", "x"), (b"cc", "y"), (b"bcc", "z"))))),
        ("list:dev", HeaderHas(b"list-id", "dev", loose=True)),
        ('header:"X-Mailer: mutt"', HeaderHas(b"x-mailer", "mutt")),
        ("header:X-Spam", HeaderHas(b"x-spam", "")),
        ("filename:report", FileNameHas("report", loose=True)),
        ("has:attachment", HasAttachment()),
        ("has:star", keyword("$flagged")),
        ("is:unread", Not(keyword("$seen"))),
        ("is:Read", keyword("$seen")),
        ("is:answered", keyword("$answered")),
        ("is:draft", keyword("$draft")),
        ("larger:10k", LargerThan(10240)),
        ("smaller:5M", SmallerThan(5 << 20)),
        ("larger:7", LargerThan(7)),
        ("before:2024-01-02", Not(ReceivedAfter(start("2024-01-02")))),
        ("after:2024/1/2", ReceivedAfter(start("2024-01-02"))),
        ("on:2024-01-02", AllOf((ReceivedAfter(start("2024-01-02")), Not(ReceivedAfter(start("2024-01-03")))))),
        ("newer_than:7d", ReceivedAfter(start("2024-03-24"))),
        ("older_than:2w", Not(ReceivedAfter(start("2024-03-17")))),
        ("newer_than:1m", ReceivedAfter(start("2024-02-29"))),
        ("newer_than:1y", ReceivedAfter(start("2023-03-31"))),
        ("newer_than:9999y", ReceivedAfter(0)),
        ("newer_than:9999w", ReceivedAfter(0)),
        ("in:inbox", InMailboxes(frozenset({MailboxId(1)}))),
        ("in:sent", InMailboxes(frozenset({MailboxId(2)}))),
        ("in:work/plans", InMailboxes(frozenset({MailboxId(3)}))),
        ("in:plans", InMailboxes(frozenset({MailboxId(3)}))),
        ("in:anywhere", Everything()),
        # of no operator: text
        ("re:invoice", words("re:invoice")),
        ("from: amy", words("from: amy")),
        ('from:""', words("from:")),
        ("https://example.test", words("https://example.test")),
        ('"open', phrase("open")),
        ("(a b", words("a b")),
        (":)", words(":)")),
        # keyboards of Chinese, Japanese, Korean
        ("from：王　subject：会议", AllOf((HeaderHas(b"from", "王", loose=True), HeaderHas(b"subject", "会议", loose=True)))),
        ("“预算 会议”　－草稿", AllOf((phrase("预算 会议"), Not(words("草稿"))))),
        ("（甲 OR 乙）", AnyOf((words("甲"), words("乙")))),
    ],
)  # fmt: skip
def test_meaning(text: str, meant: Query) -> None:
    assert parse_box(text, HERE) == meant


@pytest.mark.parametrize(
    ("text", "field", "hint"),
    [
        ("before:tomorrow", "before", "2026-01-31"),
        ("on:2024-02-30", "on", "2026-01-31"),
        ("after:1969-01-01", "after", "1970"),
        ("newer_than:7", "newer_than", "7d"),
        ("larger:big", "larger", "10k"),
        ("has:wings", "has", "attachment"),
        ("is:nice", "is", "unread"),
        ("in:nowhere", "in", "no mailbox"),
        ("header:é", "header", "X-Mailer"),
        ("x" * (MAX_LENGTH + 1), "search", str(MAX_LENGTH)),
        ("x " * (MAX_TERMS + 1), "search", str(MAX_TERMS)),
        ("(" * (MAX_DEPTH + 1) + "x", "search", str(MAX_DEPTH)),
    ],
)
def test_what_is_told(text: str, field: str, hint: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_box(text, HERE)
    (fault,) = refused.value.faults
    assert fault.field == field
    assert hint in fault.text


def test_bounds_themselves_are_allowed() -> None:
    parse_box("x" * MAX_LENGTH, HERE)
    parse_box("x " * MAX_TERMS, HERE)
    parse_box("(" * MAX_DEPTH + "x", HERE)


def test_days_are_those_of_the_zone() -> None:
    tokyo = Surroundings(datetime.date(2024, 3, 31), ZoneInfo("Asia/Tokyo"))
    assert parse_box("after:2024-01-02", tokyo) == ReceivedAfter(start("2024-01-02") - 9 * 3600)
    assert parse_box("newer_than:1d", tokyo) == ReceivedAfter(start("2024-03-30") - 9 * 3600)
