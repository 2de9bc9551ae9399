"""Addresses and names: one spelling, clear refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.model.address import Address, fold, normal_domain, parse_address
from postroom.model.errors import Malformed


def test_an_address_is_compared_without_case_and_composition() -> None:
    assert parse_address("Alice@Example.TEST").key == parse_address("alice@example.test").key
    assert parse_address("jose\u0301@example.test").key == parse_address("jos\u00e9@example.test").key
    assert str(parse_address("Alice@Example.TEST")) == "Alice@example.test"


@pytest.mark.parametrize(
    "text",
    ["", "@", "alice", "@example.test", "alice@", "a b@example.test", "a..b@example.test", ".a@example.test", "a@b@example.test",
     "a\r\nb@example.test", "a\x00@example.test", "alice@-example.test", "alice@exa mple.test", "alice@example..test", "a" * 65 + "@example.test",
     "alice@" + "a" * 64 + ".test", "ali\u202ece@example.test", "alice@example.test>", "<alice@example.test>", "alice@[127.0.0.1]", "x" * 400],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_address(text)
    assert len(refusal.value.public) > 10


def test_a_domain_has_its_form_for_dns() -> None:
    assert parse_address("info@bücher.example").ascii_domain == "xn--bcher-kva.example"
    assert normal_domain("EXAMPLE.test.") == "example.test"


def test_a_subaddress_leads_to_its_user() -> None:
    assert parse_address("alice+lists@example.test").without_subaddress() == Address("alice", "example.test")
    assert parse_address("+lists@example.test").without_subaddress() == Address("+lists", "example.test")


def test_a_quoted_local_part_is_written_quoted() -> None:
    assert str(Address('a "b" c', "example.test")) == '"a \\"b\\" c"@example.test'


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_a_refusal(text: str) -> None:
    try:
        address = parse_address(text)
    except Malformed:
        return
    assert parse_address(str(address)) == address


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
