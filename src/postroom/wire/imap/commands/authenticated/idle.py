"""IDLE: RFC 2177 §3."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner


@dataclass(frozen=True, slots=True)
class IdleStarted:
    """IDLE: answer `accept_idle`, then send what happens until `IdleEnded`; or `reply(NO)`."""

    tag: bytes


def parse_idle(scan: Scanner) -> IdleStarted:
    """No arguments."""
    return IdleStarted(scan.tag)
