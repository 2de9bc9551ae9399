"""What CAPA announces: only what the core's table or the session's offer serves.

capability list: RFC 2449 §6; USER, SASL and STLS as the connection allows at this moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.pop3.commands import State


@dataclass(frozen=True, slots=True)
class Offer:
    """What the session offers now; it gives the core a new one when that changes (after TLS)."""

    stls: bool = False
    """STLS is possible: a certificate is there and the connection is clear."""
    plaintext: bool = False
    """USER and PASS may be used: the connection is private, or the operator allows it."""
    mechanisms: tuple[str, ...] = ()
    """SASL mechanisms in capitals, those that show a password left out where they may not be used."""
    implementation: str = ""
    expire: str = "NEVER"

    def lines(self, state: State) -> list[bytes]:
        """The capability lines."""
        lines = [b"TOP", b"UIDL", b"RESP-CODES", b"AUTH-RESP-CODE", b"PIPELINING", b"EXPIRE " + self.expire.encode()]
        if state is State.AUTHORIZATION and self.stls:
            lines.append(b"STLS")
        if self.plaintext:
            lines.append(b"USER")
        if self.mechanisms:
            lines.append(b"SASL " + " ".join(self.mechanisms).encode())
        if self.implementation and state is State.TRANSACTION:
            lines.append(b"IMPLEMENTATION " + self.implementation.encode())
        return lines
