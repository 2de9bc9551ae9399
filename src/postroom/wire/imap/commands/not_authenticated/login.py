"""LOGIN: RFC 3501 §6.2.3.

login = "LOGIN" SP userid SP password           ; both astring
"""

from __future__ import annotations

from dataclasses import dataclass, field

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class Login:
    """LOGIN; the password is kept out of every representation."""

    tag: bytes
    authentication_id: bytes
    password: bytes = field(repr=False)


def parse_login(scan: Scanner) -> Login:
    """Name and password as bytes; 8-bit ones are the verifier's to judge."""
    scan.space()
    name = scan.astring()
    scan.space()
    return Login(scan.tag, name, scan.astring())
