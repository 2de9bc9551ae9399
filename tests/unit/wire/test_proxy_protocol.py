"""The PROXY protocol's headers, whole, cut, and broken."""

import struct

import pytest

from postroom.wire.core import Need
from postroom.wire.proxy_protocol import LOCAL, Endpoint, Proxied, ProxyReader, ProxyViolation

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def binary(command: int, family: int, body: bytes, length: int | None = None) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(body) if length is None else length) + body


FOUR = bytes([192, 0, 2, 1, 198, 51, 100, 2]) + struct.pack("!HH", 50000, 25)
SIX = bytes.fromhex("20010db8000000000000000000000001" * 2) + struct.pack("!HH", 50000, 25)
TLS = b"\x20\x00\x05\x01\x00\x00\x00\x00"
CLEAR = b"\x20\x00\x05\x00\x00\x00\x00\x00"
PAIR = (Endpoint("192.0.2.1", 50000), Endpoint("198.51.100.2", 25))

GOOD = {
    b"PROXY TCP4 192.0.2.1 198.51.100.2 50000 25\r\n": Proxied(*PAIR, False),
    b"PROXY TCP6 2001:db8:0::1 2001:DB8::2 1 65535\r\n": Proxied(
        Endpoint("2001:db8::1", 1), Endpoint("2001:db8::2", 65535), False
    ),
    b"PROXY UNKNOWN\r\n": LOCAL,
    b"PROXY UNKNOWN ffff:f...f:ffff 1 2\r\n": LOCAL,
    binary(0x21, 0x11, FOUR): Proxied(*PAIR, False),
    binary(0x21, 0x11, FOUR + b"\x04\x00\x02ab" + TLS): Proxied(*PAIR, True),
    binary(0x21, 0x11, FOUR + CLEAR): Proxied(*PAIR, False),
    binary(0x21, 0x21, SIX): Proxied(Endpoint("2001:db8::1", 50000), Endpoint("2001:db8::1", 25), False),
    binary(0x20, 0x00, b""): LOCAL,
    binary(0x20, 0x11, FOUR): LOCAL,
    binary(0x21, 0x31, b"x" * 216): LOCAL,
}
BAD = [
    b"EHLO client.example.test\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.2 50000\r\n",
    b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
    b"PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n",
    b"PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n",
    b"PROXY UNKNOWN" + b" " * 100,
    b"\r\n\r\nQUIT",
    binary(0x11, 0x11, FOUR),
    binary(0x22, 0x11, FOUR),
    binary(0x21, 0x11, FOUR[:-1]),
    binary(0x21, 0x11, FOUR + b"\x20\x00\x04abcd"),
    binary(0x21, 0x11, FOUR + b"\x20\x00\x05abcd"),
    binary(0x21, 0x11, b"", 65535),
]


@pytest.mark.parametrize(("header", "meaning"), GOOD.items())
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_headers(header: bytes, meaning: Proxied, step: int) -> None:
    reader = ProxyReader()
    stream = header + b"\x16\x03\x01behind"
    for at in range(0, len(header), step):
        assert reader.next_event() is Need.DATA
        reader.receive_data(stream[at : min(at + step, len(header))])
    reader.receive_data(stream[len(header) :])
    assert reader.next_event() == meaning == reader.next_event()
    assert reader.rest() == b"\x16\x03\x01behind"


@pytest.mark.parametrize("header", BAD)
def test_broken_headers(header: bytes) -> None:
    whole, bytewise = ProxyReader(), ProxyReader()
    whole.receive_data(header)
    event = whole.next_event()
    assert isinstance(event, ProxyViolation)
    for at in range(len(header)):
        bytewise.receive_data(header[at : at + 1])
        if bytewise.next_event() is not Need.DATA:
            break
    assert bytewise.next_event() == event


@pytest.mark.parametrize("header", GOOD)
def test_a_header_cut_short(header: bytes) -> None:
    reader = ProxyReader()
    reader.receive_data(header[:-1])
    assert reader.next_event() is Need.DATA
    reader.receive_eof()
    assert isinstance(reader.next_event(), ProxyViolation)
