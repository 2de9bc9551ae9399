"""Whether a DNS server validates: it sets the AD bit in its answer about a signed name when it is asked to (RFC 6840 §5.7, RFC 4035 §3.2.3).

One question on a socket of its own, without the resolver: `postroom doctor` asks it, and shall not take a second for that.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct

_SECONDS = 2.0
_ASKED = b"\x03org\x00"  # signed since 2009, and above names that everybody asks for
_SOA, _IN = 6, 1
_RESPONSE, _RECURSION_DESIRED, _AUTHENTIC = 0x8000, 0x0100, 0x0020


def validates(server: tuple[str, int]) -> bool | None:
    """None: it gives no answer; blocking, for two seconds at most."""
    address, port = server
    number = secrets.token_bytes(2)
    flags = _RECURSION_DESIRED | _AUTHENTIC
    question = number + struct.pack("!HHHHH", flags, 1, 0, 0, 0) + _ASKED + struct.pack("!HH", _SOA, _IN)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.settimeout(_SECONDS)
            sock.connect((address, port))
            sock.send(question)
            answer = sock.recv(4096)
    except OSError:
        return None
    if len(answer) < 12 or answer[:2] != number:
        return None
    (told,) = struct.unpack("!H", answer[2:4])
    if not told & _RESPONSE or told & 0x000F:
        return None
    return bool(told & _AUTHENTIC)


def is_loopback(server: tuple[str, int]) -> bool:
    """Only there nobody is on the way who could set the bit (RFC 7672 §2.1)."""
    return ipaddress.ip_address(server[0].partition("%")[0]).is_loopback
