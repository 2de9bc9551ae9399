"""The header of a submitted message, however its octets come."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.message.compose import remove_fields
from postroom.model.account import Principal, Role
from postroom.model.address import Address
from postroom.model.ids import AccountId
from postroom.msa.header_editor import HeaderEditor

ALICE = Principal(AccountId(1), Address("alice", "example.test"), "Alice", Role.USER, "alice")


class Staged:
    """What was written, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.pieces.append(data)


class Clock:
    def now(self) -> int:
        return 1_760_000_000


def edited(pieces: list[bytes]) -> tuple[bytes, Any]:
    staged: Any = Staged()
    directory: Any = None
    editor = HeaderEditor(directory, Clock(), ALICE, check_from=False)
    for piece in pieces:
        editor.write(piece, staged)
    finishing = editor.finish(staged)
    try:
        finishing.send(None)
    except StopIteration as done:
        return b"".join(staged.pieces), done.value
    raise AssertionError("finish waited")


LINES = st.sampled_from(
    [b"Bcc: x@y\r\n", b" folded\r\n", b"From: a@b\r\n", b"\r\n", b"bcc:\r\n", b"text\r\n", b"Date: x\r\n"]
)


@given(st.lists(LINES, max_size=12).map(b"".join), st.data())
@settings(max_examples=150, deadline=None)
def test_any_split_gives_the_message_without_blind_copies(message: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(message)), max_size=6)))
    pieces = [message[start:end] for start, end in zip([0, *cuts], [*cuts, len(message)], strict=True)]
    content, added = edited(pieces)
    assert content == remove_fields(message)
    whole, added_to_whole = edited([message])
    assert content == whole
    assert added.split(b"Message-ID")[0] == added_to_whole.split(b"Message-ID")[0]


def test_the_body_is_passed_on_as_it_comes() -> None:
    staged: Any = Staged()
    directory: Any = None
    editor = HeaderEditor(directory, Clock(), ALICE, check_from=False)
    editor.write(b"From: a@b\r\n", staged)
    assert staged.pieces == []
    editor.write(b"\r\nBcc: in the body\r\n", staged)
    editor.write(b"more", staged)
    assert staged.pieces == [b"From: a@b\r\n\r\nBcc: in the body\r\n", b"more"]


def test_what_is_missing_stands_in_front() -> None:
    _, added = edited([b"Subject: x\r\n\r\n"])
    assert added.startswith(b"From: Alice <alice@example.test>\r\nDate: Thu, 9 Oct 2025 ")
    assert added.count(b"\r\n") == 3 and b"@example.test>\r\n" in added
    _, none = edited([b"From: a@b\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\n"])
    assert none == b""
