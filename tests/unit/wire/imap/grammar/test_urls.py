"""URLs of messages: the forms of RFC 4469's examples, and what names nothing here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.wire.imap.grammar.sections import Partial, Section, SectionText
from postroom.wire.imap.grammar.urls import MessageUrl, message_url

HEADER = Section((), SectionText.HEADER)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER", MessageUrl("Drafts", 385759045, 20, HEADER, None)),
        (b"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME", MessageUrl("Drafts", 385759045, 20, Section((1,), SectionText.MIME), None)),
        (b"/Drafts;UIDVALIDITY=385759045/;UID=30", MessageUrl("Drafts", 385759045, 30, Section(), None)),
        (b"/a/b%20c/%C3%A4/;uid=4294967295/;SECTION=1.2", MessageUrl("a/b c/ä", None, 4294967295, Section((1, 2)), None)),
        (b";UID=1/;SECTION=TEXT/;PARTIAL=5.10", MessageUrl(None, None, 1, Section((), SectionText.TEXT), Partial(5, 10))),
        (b"/x/;UID=1/;PARTIAL=0", MessageUrl("x", None, 1, Section(), Partial(0, 2**63 - 1))),
        (
            b"/x/;UID=1/;SECTION=HEADER.FIELDS%20(To%20%22From%22)",
            MessageUrl("x", None, 1, Section((), SectionText.FIELDS, (b"TO", b"FROM")), None),
        ),
    ],
)  # fmt: skip
def test_named(text: bytes, named: MessageUrl) -> None:
    assert message_url(text) == named


@pytest.mark.parametrize(
    "text",
    [
        b"", b"/", b"/x", b"//x/;UID=1", b"//host/x/;UID=1", b"imap://host/x/;UID=1", b"imap://u@host/x/;UID=1", b"x/;UID=1",
        b"/x/;UID=0", b"/x/;UID=4294967296", b"/x/;UID=-1", b"/x/;UID=1_0", b"/x;UIDVALIDITY=0/;UID=1", b"/x/;UID=1/",
        b"/x/;UID=1/;SECTION=", b"/x/;UID=1/;SECTION=0", b"/x/;UID=1/;SECTION=NOTHING", b"/x/;UID=1/;SECTION=HEADER%5D",
        b"/x/;UID=1/;PARTIAL=1.0", b"/x/;UID=1/;PARTIAL=9999999999999999999", b"/x/;UID=1;URLAUTH=anonymous:internal:0",
        b"/x/;UID=1;EXPIRE=2030-01-01T00:00:00Z", b"/x%/;UID=1", b"/x%0/;UID=1", b"/x%FF/;UID=1", b"/x y/;UID=1", b"/x\r\n/;UID=1",
        b"/x?SUBJECT%20a", b"/x#f/;UID=1", b"/%s/;UID=1" % (b"x" * 1001), b"/x/;UID=1/;SECTION=%s" % (b"1." * 1000 + b"1"),
    ],
)  # fmt: skip
def test_names_nothing(text: bytes) -> None:
    assert message_url(text) is None


@given(st.binary(max_size=60), st.sampled_from([b"", b"/x/;UID=", b"/x/;UID=1/;SECTION="]))
def test_any_octets_never_raise(text: bytes, before: bytes) -> None:
    message_url(before + text)
