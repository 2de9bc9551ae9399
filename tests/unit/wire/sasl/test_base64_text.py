"""Strict base64."""

import pytest

from postroom.wire.sasl.base64_text import (
    RESPONSE_LIMIT,
    decode_base64,
    decode_initial_response,
    encode_base64,
    encode_initial_response,
)


@pytest.mark.parametrize(
    "text", [b"=", b"A", b"AA", b"AAA", b"AAAA=", b"AA=A", b"A A=", b"AA\n=", b"AB==", b"AAB=", b"A===", b"*"]
)
def test_refused(text: bytes) -> None:
    assert decode_base64(text) is None


def test_the_empty_response() -> None:
    assert decode_base64(b"") == b""
    assert decode_initial_response(b"=") == b""
    assert decode_initial_response(b"") is None
    assert encode_initial_response(b"") == b"="
    assert encode_base64(b"") == b""


def test_the_limit() -> None:
    assert decode_base64(encode_base64(b"x" * RESPONSE_LIMIT)) == b"x" * RESPONSE_LIMIT
    assert decode_base64(encode_base64(b"x" * (RESPONSE_LIMIT + 3))) is None
