"""How large an attachment is, whatever carries it."""

from __future__ import annotations

import base64
import email.message
import email.policy
from pathlib import Path

import pytest

from postroom.model.email import Content
from postroom.model.errors import Meaning, OverLimit, TryLater
from postroom.model.ids import BlobId
from postroom.msa.attachments import AttachmentLimit, largest_attachment, new_turns


def message(*sizes: int, text: str = "Hello") -> email.message.EmailMessage:
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    made["Subject"] = "x"
    made.set_content(text)
    for number, size in enumerate(sizes):
        made.add_attachment(bytes(size), maintype="application", subtype="octet-stream", filename=f"{number}.bin")
    return made


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 1000, 99_999])
def test_octets_as_they_are_saved(size: int) -> None:
    assert largest_attachment(message(size).as_bytes()) == size
    assert largest_attachment(message(5, size, 7).as_bytes()) == max(size, 7)


def test_other_ends_of_lines_and_none() -> None:
    raw = message(5000).as_bytes()
    assert largest_attachment(raw.replace(b"\r\n", b"\n")) == 5000
    head, _, _ = raw.partition(b"AAAA")
    assert largest_attachment(head + base64.b64encode(bytes(9000))) == 9000


def test_what_is_none() -> None:
    assert largest_attachment(message(text="long " * 5000).as_bytes()) == 0
    assert largest_attachment(b"") == 0
    assert largest_attachment(b"\r\n" + b"x" * 5000) == 0


def test_text_that_is_attached_and_messages() -> None:
    made = message()
    made.add_attachment("y" * 3000, filename="y.txt")
    assert 3000 <= largest_attachment(made.as_bytes()) < 3200
    outer = message()
    outer.add_attachment(message(4000))
    assert largest_attachment(outer.as_bytes()) > 4000


async def test_the_limit(tmp_path: Path) -> None:
    raw = message(5000).as_bytes()
    path = tmp_path / "content"
    path.write_bytes(raw)
    for content in (Content(BlobId(b""), len(raw), raw, None), Content(BlobId(b""), len(raw), None, str(path))):
        await AttachmentLimit(5000, new_turns()).inspect(content)
        with pytest.raises(OverLimit, match="at most 4999 octets") as refused:
            await AttachmentLimit(4999, new_turns()).inspect(content)
        assert refused.value.meaning is Meaning.TOO_BIG
    with pytest.raises(TryLater):
        await AttachmentLimit(10, new_turns()).inspect(Content(BlobId(b""), len(raw), None, str(tmp_path / "gone")))
