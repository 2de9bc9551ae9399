"""Replies, capabilities and xtext."""

import pytest

from postroom.wire.smtp.capabilities import Capabilities
from postroom.wire.smtp.parameters import decode_xtext, encode_xtext
from postroom.wire.smtp.replies import Reply


def test_rendering() -> None:
    reply = Reply.of(550, "5.1.1", "No such user", "Sorry")
    assert reply.render(enhanced=True) == b"550-5.1.1 No such user\r\n550 5.1.1 Sorry\r\n"
    assert reply.render(enhanced=False) == b"550-No such user\r\n550 Sorry\r\n"
    assert Reply.of(250, "").render(enhanced=True) == b"250 \r\n"


def test_text_of_a_peer_stays_on_its_line() -> None:
    reply = Reply.of(550, "5.1.1", "a\r\n250 OK\0\x7fä\u2028")
    assert reply.render(enhanced=True) == b"550 5.1.1 a??250 OK????\r\n"
    assert len(Reply.of(550, "5.999.999", "x" * 10000).render(enhanced=True)) <= 512
    assert len(Reply.of(550, "5.999.999", "ä" * 10000).render(enhanced=True)) <= 512


@pytest.mark.parametrize(("code", "enhanced"), [(250, "5.0.0"), (199, ""), (600, ""), (354, "2.0.0")])
def test_codes_that_contradict(code: int, enhanced: str) -> None:
    with pytest.raises(ValueError, match="reply"):
        Reply.of(code, enhanced, "x")


def test_classes() -> None:
    replies = [Reply.of(code, "") for code in (250, 354, 450, 550)]
    assert [(r.positive, r.transient, r.permanent) for r in replies] == [
        (True, False, False),
        (False, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_a_size_of_zero_would_mean_unlimited() -> None:
    with pytest.raises(ValueError, match="no limit"):
        Capabilities(size=0)


@pytest.mark.parametrize("text", [b"a=b", b"a+b", b"a+2", b"a+2b", b"a b", b"\xff", b"+"])
def test_not_xtext(text: bytes) -> None:
    assert decode_xtext(text) is None


def test_xtext() -> None:
    assert decode_xtext(b"a+2Bb+3D") == b"a+b="
    assert encode_xtext(b"a+b= \xff") == b"a+2Bb+3D+20+FF"
