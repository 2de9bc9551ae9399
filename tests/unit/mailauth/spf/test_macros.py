"""Macros: the examples of RFC 7208 §7.4, and any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth.spf import macros

VALUES = {
    "s": "strong-bad@email.example.com", "l": "strong-bad", "o": "email.example.com", "d": "email.example.com", "i": "192.0.2.3",
    "p": "mx.example.org", "v": "in-addr", "h": "mail.example.com", "c": "192.0.2.3", "r": "us.example.org", "t": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{S}%%%_%-", "strong-bad%40email.example.com% %20"),
    ],
)
def test_the_examples_of_the_standard(text: str, expanded: str) -> None:
    read = macros.read(text)
    assert read is not None
    assert macros.expand(read, VALUES) == expanded


@pytest.mark.parametrize(
    "text", ["%", "%{", "%{x}", "%{d", "%{d0}", "%{d00}", "%{dr2}", "%(d)", "a b", "é", "%{c}", "%{r}", "%{t}", "\x00"]
)
def test_what_is_no_macro_string(text: str) -> None:
    assert macros.read(text) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a.test", True), ("a.test.", True), ("%{d}", True), ("a.%{d}", True), ("%{d}.test", True), ("a", False), ("a.1", False), ("a.-b", False),
     ("a..", False), ("", False), ("a.b-", False), ("a.1-1", True), ("%{d}test", False), ("a.%%", True), ("a.%%_", False), ("a.%_", True), ("a.%%%%", True), ("%{d}}", False), ("a." + "x" * 10_000, False)],
)  # fmt: skip
def test_what_is_a_domain(text: str, is_one: bool) -> None:
    assert (macros.read_domain(text) is not None) is is_one


def test_a_name_is_cut_from_the_left_to_what_dns_has() -> None:
    read = macros.read("%{d}")
    assert read is not None
    name = macros.expand_domain(read, VALUES | {"d": ".".join(["abcdefghi"] * 40)})
    assert len(name) <= 253
    assert set(name.split(".")) == {"abcdefghi"}
    assert macros.expand_domain(read, VALUES | {"d": "x" * 400}) == ""


@given(st.text(max_size=200), st.booleans())
def test_any_text_is_read_or_refused(text: str, is_explanation: bool) -> None:
    read = macros.read(text, is_explanation=is_explanation)
    if read is not None:
        macros.expand(read, VALUES)
        macros.expand_domain(read, VALUES)


@given(st.sampled_from("slodiphv"), st.integers(1, 999), st.booleans(), st.text(".-+,/_=", max_size=5))
def test_any_macro_is_filled_in(letter: str, count: int, is_reversed: bool, delimiters: str) -> None:
    read = macros.read(f"%{{{letter}{count}{'r' * is_reversed}.{delimiters}}}")
    assert read is not None
    assert macros.expand(read, VALUES).count(".") < count
