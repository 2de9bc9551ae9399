"""Mail in conversations, and compressed streams: every message stands in one place, and pieces change nothing."""

from __future__ import annotations

import contextlib
import zlib

from postroom.message.conversations import Node, Threadable, by_references, ordered_subject
from postroom.wire.imap.compression import Compression, NotDeflate

SEEDS = (b"", b"1\n2 1\n3 1 2\n", b"1 1\n2 3\n3 2\n", b"a subject\nb Re: subject a\nc c b a\n")
_LIMIT = 4096  # octets inflated at once, as a session asks for them


def conversations(data: bytes) -> None:
    """A message a line: its own id, then its references."""
    messages = []
    for number, line in enumerate(data.decode("latin-1").split("\n")[:3000], 1):
        own, *references = line.split()[:60] or [str(number)]
        messages.append(Threadable(number, number % 7, own[:1], len(references) % 2 == 1, own, tuple(references)))
    for roots in (by_references(messages), ordered_subject(messages)):
        assert sorted(_labels(roots)) == list(range(1, len(messages) + 1)), "a message is lost or doubled"


def _labels(roots: list[Node]) -> list[int]:
    found, waiting = [], list(roots)
    while waiting:
        node = waiting.pop()
        if node.label is not None:
            found.append(node.label)
        waiting.extend(node.children)
    return found


def compression(data: bytes) -> None:
    _inflated(data)
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    stream = deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    assert _inflated(stream) == data, "what was deflated does not come back"


def _inflated(stream: bytes) -> bytes:
    one, found = Compression(), b""
    step = 1 + zlib.crc32(stream) % 97 + len(stream) // 50
    with contextlib.suppress(NotDeflate):
        for at in range(0, len(stream), step):
            one.receive_data(stream[at : at + step])
            while one.pending and len(found) < 1 << 20:
                piece = one.take_inflated(_LIMIT)
                assert len(piece) <= _LIMIT, "more than was asked for"
                found += piece
                if not piece:
                    break
    return found
