"""The PROXY protocol, versions 1 (text) and 2 (binary): whom a trusted front is speaking for.

`ProxyReader` takes the header off a connection and leaves what follows untouched. It is used only for fronts
that the settings name: from anybody else the header is just a bad command. Specified by HAProxy's proxy-protocol.txt.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from postroom.wire.buffer import ReceiveBuffer
from postroom.wire.core import Need

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_V1_LIMIT = 107  # the longest line its text allows, CRLF included
_V2_LIMIT = 4096  # octets behind the fixed part: addresses and TLVs of known fronts stay below 600

_TCP4, _TCP6 = 0x11, 0x21
_ADDRESS_LENGTHS = {_TCP4: 12, _TCP6: 36}
_TLV_SSL = 0x20
_CLIENT_SSL = 0x01

_V1 = re.compile(
    rb"PROXY (?:(TCP4|TCP6) ([0-9A-Fa-f.:]{2,39}) ([0-9A-Fa-f.:]{2,39}) ([0-9]{1,5}) ([0-9]{1,5})|UNKNOWN.*)\Z"
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Address in its canonical text, and port."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Proxied:
    """What the front says. Without `client` it speaks for itself (a health check): keep the real peer."""

    client: Endpoint | None
    server: Endpoint | None
    tls: bool
    """The client reached the front by TLS; the front says so in version 2 only."""


@dataclass(frozen=True, slots=True)
class ProxyViolation:
    """No header, or a broken one: close without a word."""

    reason: str


LOCAL = Proxied(None, None, False)


class ProxyReader:
    """Reads the one header of a connection."""

    __slots__ = ("_buffer", "_eof", "_result")

    def __init__(self) -> None:
        self._buffer = ReceiveBuffer()
        self._eof = False
        self._result: Proxied | ProxyViolation | None = None

    def receive_data(self, data: bytes) -> None:
        """Take bytes; once the header is known, `rest` has all that came behind it."""
        self._buffer.append(data)

    def receive_eof(self) -> None:
        """The front closed its side."""
        self._eof = True

    def next_event(self) -> Proxied | ProxyViolation | Need:
        """The header, once; the same again when asked again."""
        if self._result is None:
            read = self._read()
            if isinstance(read, Need):
                return ProxyViolation("the stream ended inside the header") if self._eof else read
            self._result = read
        return self._result

    def rest(self) -> bytes:
        """The bytes behind the header, for the next core."""
        return self._buffer.take(len(self._buffer))

    def _read(self) -> Proxied | ProxyViolation | Need:
        front = self._buffer.peek(16)
        if front.startswith(_SIGNATURE):
            return self._read_binary(front) if len(front) == 16 else Need.DATA
        if front.startswith(b"PROXY "):
            return self._read_text()
        if _SIGNATURE.startswith(front) or b"PROXY ".startswith(front):
            return Need.DATA
        return ProxyViolation("no PROXY header")

    def _read_text(self) -> Proxied | ProxyViolation | Need:
        """A line of at most 107 octets."""
        line = self._buffer.peek(_V1_LIMIT)
        end = line.find(b"\r\n")
        if end < 0:
            return ProxyViolation("text header too long") if len(line) == _V1_LIMIT else Need.DATA
        found = _V1.match(line[:end])
        if found is None:
            return ProxyViolation("malformed text header")
        self._buffer.skip(end + 2)
        if found[1] is None:
            return LOCAL
        version = 4 if found[1] == b"TCP4" else 6
        client = _endpoint(found[2].decode("ascii"), int(found[4]), version)
        server = _endpoint(found[3].decode("ascii"), int(found[5]), version)
        if client is None or server is None:
            return ProxyViolation("malformed address in text header")
        return Proxied(client, server, False)

    def _read_binary(self, front: bytes) -> Proxied | ProxyViolation | Need:
        """Signature, version and command, family and protocol, length; then addresses, then TLVs."""
        version, command, family = front[12] >> 4, front[12] & 0x0F, front[13]
        length = int.from_bytes(front[14:16], "big")
        if version != 2 or command > 1:
            return ProxyViolation("unknown version or command")
        if length > _V2_LIMIT:
            return ProxyViolation("binary header too long")
        if len(self._buffer) < 16 + length:
            return Need.DATA
        body = self._buffer.take(16 + length)[16:]
        if command == 0:
            return LOCAL
        addresses = _ADDRESS_LENGTHS.get(family)
        if addresses is None:  # UNSPEC, UDP and UNIX: the specification says to keep the real peer
            return LOCAL
        if length < addresses:
            return ProxyViolation("addresses cut short")
        tls = _tls_in(body[addresses:])
        if tls is None:
            return ProxyViolation("malformed TLV")
        half = (addresses - 4) // 2
        return Proxied(_packed(body, 0, half, addresses - 4), _packed(body, half, half, addresses - 2), tls)


def _packed(body: bytes, at: int, length: int, port_at: int) -> Endpoint:
    address = ipaddress.ip_address(body[at : at + length])
    return Endpoint(str(address), int.from_bytes(body[port_at : port_at + 2], "big"))


def _endpoint(text: str, port: int, version: int) -> Endpoint | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return Endpoint(str(address), port) if address.version == version and port <= 65535 else None


def _tls_in(tlvs: bytes) -> bool | None:
    """Whether a TLV of type SSL says that the client used TLS; None when the TLVs do not fit their space."""
    tls = False
    at = 0
    while at < len(tlvs):
        length = int.from_bytes(tlvs[at + 1 : at + 3], "big")
        value = tlvs[at + 3 : at + 3 + length]
        if at + 3 + length > len(tlvs):
            return None
        if tlvs[at] == _TLV_SSL:
            if length < 5:
                return None
            tls = bool(value[0] & _CLIENT_SSL)
        at += 3 + length
    return tls
