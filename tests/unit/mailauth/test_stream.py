"""The reader: any pieces give the same, a large body costs no memory, a header without end is held to its bound."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from mail_keys import LETTER
from postroom.mailauth.dkim.canonical import Canonicalisation
from postroom.mailauth.stream import MessageReader, SignedMessage, read_message
from postroom.message.limits import HEADER_BLOCK

FORMS = list(Canonicalisation)
MESSAGES = st.lists(
    st.sampled_from([b"From: a@b.test", b"\r\n", b"\n", b"\r", b"x", b" ", b"DKIM-Signature: v=1", b"\r\n\r\n", b"\n\n", b":"]), max_size=20
).map(b"".join)  # fmt: skip


def told(message: SignedMessage) -> tuple[bytes, list[bytes | None], int]:
    return message.header.raw, [message.body_hash(form) for form in FORMS], len(message.signatures)


@given(MESSAGES, st.integers(1, 9))
def test_any_pieces_give_the_same(message: bytes, size: int) -> None:
    reader = MessageReader(FORMS)
    for at in range(0, len(message), size):
        reader.write(message[at : at + size])
    assert told(reader.finish()) == told(read_message(message, FORMS))


def test_a_large_body_costs_no_memory() -> None:
    chunk = b"A line of text, with  two spaces and\ta tab \r\n" * 1400  # some 64 KiB, as a door writes them
    reader = MessageReader(FORMS)
    reader.write(LETTER)
    tracemalloc.start()
    for _ in range(400):
        reader.write(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * len(chunk)
    assert reader.finish().body_length(Canonicalisation.SIMPLE) > 400 * len(chunk)


def test_a_header_without_end_is_held_to_its_bound() -> None:
    reader = MessageReader(FORMS)
    line = b"X: " + b"y" * 100_000 + b"\r\n"
    for _ in range(40):
        reader.write(line)
        assert len(reader._held) <= HEADER_BLOCK + len(line)
    assert len(reader.finish().header.raw) == HEADER_BLOCK


def test_a_form_that_nobody_asked_for_is_not_there() -> None:
    message = read_message(LETTER, [Canonicalisation.RELAXED])
    assert message.body_hash(Canonicalisation.RELAXED) is not None
    assert message.body_hash(Canonicalisation.SIMPLE) is None
    assert message.body_length(Canonicalisation.SIMPLE) == 0
