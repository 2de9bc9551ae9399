"""What is worked out of a message, from memory or from a staged file."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.mda.preparation import INLINE_SIZE, Preparation, Prepared
from postroom.message.summary import summarise
from postroom.model.email import Content
from postroom.model.errors import TryLater
from postroom.model.ids import BlobId

NESTED = (
    b"From: a@x.test\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\ntwo\r\n--b--\r\n"
)


def test_the_summary_is_of_the_content_alone() -> None:
    assert Prepared(NESTED).summary == summarise(NESTED)


def test_what_the_trace_tells() -> None:
    prepared = Prepared(b"Received: x\r\nDelivered-To: ALICE@example.test\r\nReceived: y\r\n" + NESTED)
    assert prepared.was_delivered_to("alice@example.test")
    assert not prepared.was_delivered_to("bob@example.test")
    assert prepared.hops == 2


@pytest.mark.parametrize("size", [100, INLINE_SIZE + 1])
async def test_files_are_read_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "staged"
    path.write_bytes(NESTED.ljust(size))
    content = Content(BlobId(b""), path.stat().st_size, None, str(path))
    prepared = await Preparation().prepare(content)
    assert prepared.summary == summarise(path.read_bytes())
    assert (await Preparation.read_header(content)).first(b"subject") == b"x"


async def test_a_file_that_is_gone_is_a_reason_to_try_later(tmp_path: Path) -> None:
    content = Content(BlobId(b""), 10, None, str(tmp_path / "gone"))
    with pytest.raises(TryLater):
        await Preparation().prepare(content)
    with pytest.raises(TryLater):
        await Preparation.read_header(content)
