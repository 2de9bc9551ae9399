"""STARTTLS: RFC 3501 §6.2.1."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS: after `reply(OK)` do the handshake and call `tls_started`."""

    tag: bytes


def parse_starttls(scan: Scanner) -> StartTls:
    """No arguments."""
    return StartTls(scan.tag)
