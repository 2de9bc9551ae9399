"""That content is read once, however it comes."""

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.smtp.content import CountedReader, DotReader


class CountingBuffer(ReceiveBuffer):
    """Counts the octets that its reader looks at."""

    looked_at = 0

    def peek(self, count: int) -> bytes:
        data = super().peek(count)
        self.looked_at += len(data)
        return data

    def take(self, count: int) -> bytes:
        data = super().take(count)
        self.looked_at += len(data)
        return data


def test_dripping_octets_are_looked_at_once() -> None:
    buffer, reader = CountingBuffer(), DotReader()
    content = b"..\r\n.\r\r\n" * 1000
    for at in range(len(content)):
        buffer.append(content[at : at + 1])
        reader.read(buffer)
    assert not reader.ended
    assert buffer.looked_at == len(content)


def test_many_short_messages_in_one_packet_cost_a_block_each_at_most() -> None:
    buffer, message = CountingBuffer(), b"x\r\n.\r\n"
    buffer.append(message * 20_000)
    reader = DotReader()
    assert reader.read(buffer) == b"x\r\n" and reader.ended
    assert len(buffer) == len(message) * 19_999
    assert buffer.looked_at <= 24_576


def test_many_short_chunks_in_one_packet_are_looked_at_once() -> None:
    buffer, reader = CountingBuffer(), CountedReader()
    buffer.append(b"x" * 20_000)
    for _ in range(10_000):
        reader.remaining = 1
        assert reader.read(buffer) == b"x"
    assert buffer.looked_at == 10_000
