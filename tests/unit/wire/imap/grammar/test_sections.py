import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.grammar.sections import Partial, Section, SectionText, partial, section

parts = st.lists(st.integers(1, 4294967295), max_size=6).map(tuple)
names = st.text('ABCXYZ-(]"%*{', min_size=1, max_size=8).map(str.encode)
fields = st.lists(names, min_size=1, max_size=4, unique=True).map(tuple)
sections = st.one_of(
    st.builds(Section, parts, st.sampled_from([SectionText.ALL, SectionText.HEADER, SectionText.TEXT])),
    st.builds(Section, parts, st.sampled_from([SectionText.FIELDS, SectionText.FIELDS_NOT]), fields),
    st.builds(Section, parts.filter(bool), st.just(SectionText.MIME)),
)


@settings(max_examples=200)
@given(sections)
def test_round_trip(value: Section) -> None:
    scan = Scanner(b"[" + bytes(value) + b"]", [])
    assert section(scan) == value
    scan.end()


@pytest.mark.parametrize(
    "text",
    [
        b"[",
        b"[1",
        b"[01234567890]",
        b"[4294967296]",
        b"[.1]",
        b"[1.FOO]",
        b"[1TEXT]",
        b"[HEADER.FIELDS]",
    ],
)
def test_refused(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        section(Scanner(text, []))


def test_partial() -> None:
    assert partial(Scanner(b"<0.5>", [])) == Partial(0, 5)
    assert partial(Scanner(b"<4294967296.1>", [])) == Partial(4294967296, 1)
    assert partial(Scanner(b"", [])) is None
