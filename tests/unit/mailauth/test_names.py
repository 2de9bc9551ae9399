"""Names, tags and base64 as they stand in records of strangers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth import limits, names, tags


@pytest.mark.parametrize(
    ("text", "normal"),
    [("Example.TEST.", "example.test"), ("test", "test"), ("_dmarc.x", "_dmarc.x"), ("bücher.test", "xn--bcher-kva.test"), ("", None), (".", None),
     ("a..b", None), (" a.test", None), ("a.test\r", None), ("a b", None), ("-a.test", None), ("a-.test", None), ("x" * 64 + ".test", None),
     (".".join(["abcdefg"] * 32), None), ("a\x00.test", None), ("é" * 80 + ".test", None), ("[192.0.2.1]", None), ("a.test..", None)],
)  # fmt: skip
def test_names(text: str, normal: str | None) -> None:
    assert names.normal(text) == normal


def test_a_name_is_within_itself_and_what_is_above() -> None:
    assert names.is_within("a.b.test", "b.test")
    assert names.is_within("b.test", "b.test")
    assert not names.is_within("ab.test", "b.test")
    assert not names.is_within("test", "b.test")
    assert names.parents("a.b.test") == ["a.b.test", "b.test", "test"]


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_none(text: str) -> None:
    name = names.normal(text)
    assert name is None or names.normal(name) == name


@pytest.mark.parametrize(
    ("value", "found"),
    [(b"a=1; b = x y ;", {"a": "1", "b": "x y"}), (b" a\r\n =\r\n 1", {"a": "1"}), (b"a=1;;b=2", None), (b"a=b=c", {"a": "b=c"}),
     (b"", {}), (b"a=", {"a": ""}), (b"a=1;a=2", None), (b"a=1;A=2", {"a": "1", "A": "2"}), (b"a", None), (b"=1", None), (b"1=a", None), (b"a b=1", None),
     (b";".join(b"t%d=x" % number for number in range(limits.TAGS + 1)), None)],
)  # fmt: skip
def test_lists_of_tags(value: bytes, found: dict[str, str] | None) -> None:
    assert tags.parse(value) == found


def test_a_lenient_reader_leaves_out_what_is_wrong() -> None:
    assert tags.lenient(b"v=X; broken; A=1; a=2; 9=x; b=3") == {"v": "X", "a": "1", "b": "3"}


@pytest.mark.parametrize(
    ("text", "octets"),
    [("YWJj", b"abc"), (" Y\r\n\tWJ j ", b"abc"), ("YQ==", b"a"), ("YQ=", None), ("YQ", None), ("Y", None), ("YW!j", None), ("é", None), ("", b""),
     ("=", None), ("YQ==YQ==", None), ("-_-_", None)],
)  # fmt: skip
def test_base64(text: str, octets: bytes | None) -> None:
    assert tags.octets(text) == octets


@pytest.mark.parametrize("text", ["-1", "+1", "1_0", "１", "1e3", "", " 1", "1" * 16, "0x1"])
def test_what_is_no_number(text: str) -> None:
    assert tags.number(text) is None


@given(st.binary(max_size=300))
def test_any_octets(data: bytes) -> None:
    tags.pairs(data)
    tags.parse(data)
    tags.lenient(data)
    tags.octets(data.decode("latin-1"))
