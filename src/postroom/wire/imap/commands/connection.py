"""Commands without or about the connection: CAPABILITY NOOP LOGOUT STARTTLS (RFC 3501 §6.1, §6.2.1), ENABLE (RFC 5161),
ID (RFC 2971), NAMESPACE (RFC 2342), IDLE (RFC 2177).

    enable    = "ENABLE" 1*(SP capability)
    id        = "ID" SP id-params-list
    id-params = "(" #(string SP nstring) ")" / nil
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_FLAGS, MAX_ID_FIELDS


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPABILITY."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Logout:
    """LOGOUT: answer `* BYE`, then `reply`, then close."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS: after `reply(OK)` do the handshake and call `tls_started`."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class IdleStarted:
    """IDLE: answer `accept_idle`, then send what happens until `IdleEnded`; or `reply(NO)`."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Enable:
    """ENABLE with the names asked for, in upper case; unknown ones are ignored by the session."""

    tag: bytes
    capabilities: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Id:
    """ID with what the client says of itself (nothing for NIL); names in lower case, for the log only."""

    tag: bytes
    fields: tuple[tuple[bytes, bytes | None], ...]


def parse_capability(scan: Scanner) -> Capability:
    """No arguments."""
    return Capability(scan.tag)


def parse_noop(scan: Scanner) -> Noop:
    """No arguments."""
    return Noop(scan.tag)


def parse_logout(scan: Scanner) -> Logout:
    """No arguments."""
    return Logout(scan.tag)


def parse_starttls(scan: Scanner) -> StartTls:
    """No arguments."""
    return StartTls(scan.tag)


def parse_namespace(scan: Scanner) -> Namespace:
    """No arguments."""
    return Namespace(scan.tag)


def parse_idle(scan: Scanner) -> IdleStarted:
    """No arguments."""
    return IdleStarted(scan.tag)


def parse_enable(scan: Scanner) -> Enable:
    """At least one capability."""
    names: list[bytes] = []
    while not scan.at_end() or not names:
        scan.space()
        names.append(scan.name())
        if len(names) > MAX_FLAGS:
            scan.fail("Too many capabilities")
    return Enable(scan.tag, tuple(names))


def parse_id(scan: Scanner) -> Id:
    """A list of pairs, or NIL."""
    scan.space()
    if not scan.take(b"("):
        if scan.name() != b"NIL":
            scan.fail()
        return Id(scan.tag, ())
    fields: list[tuple[bytes, bytes | None]] = []
    while not scan.take(b")"):
        if fields:
            scan.space()
        name = scan.string()
        scan.space()
        value = scan.nstring()
        if len(name) > 30 or (value is not None and len(value) > 1024) or len(fields) == MAX_ID_FIELDS:
            scan.fail("ID field too long or too many")
        fields.append((name.lower(), value))
    return Id(scan.tag, tuple(fields))
