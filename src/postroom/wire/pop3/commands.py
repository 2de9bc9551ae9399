"""The command table: name → states, parser.

    command = keyword *(SP argument) CRLF        ; RFC 1939 §3, RFC 2449 §4
    message-number = 1*DIGIT, from 1             ; RFC 1939 §5

A parser returns the event, or None for a syntax error. Numbers are matched by a pattern before int().
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from postroom.wire.pop3.events import Dele, Event, List, Reset, Retr, Stat, Top, Uidl

_NUMBER = re.compile(rb"[1-9][0-9]{0,9}\Z")
_COUNT = re.compile(rb"[0-9]{1,10}\Z")
_GREATEST = (1 << 32) - 1  # UIDs and counts are 32-bit everywhere in mail


class State(enum.Enum):
    """RFC 1939 §3; UPDATE is the session's work inside QUIT."""

    AUTHORIZATION = "authorization"
    TRANSACTION = "transaction"


def message_number(argument: bytes) -> int | None:
    """1 to 2^32-1, or None."""
    if not _NUMBER.match(argument):
        return None
    number = int(argument)
    return number if number <= _GREATEST else None


def line_count(argument: bytes) -> int | None:
    """0 to 2^32-1, or None."""
    if not _COUNT.match(argument):
        return None
    number = int(argument)
    return number if number <= _GREATEST else None


def _nothing(event: Event) -> Callable[[list[bytes]], Event | None]:
    return lambda arguments: None if arguments else event


def _one(make: Callable[[int], Event]) -> Callable[[list[bytes]], Event | None]:
    def parse(arguments: list[bytes]) -> Event | None:
        number = message_number(arguments[0]) if len(arguments) == 1 else None
        return None if number is None else make(number)

    return parse


def _one_or_all(make: Callable[[int | None], Event]) -> Callable[[list[bytes]], Event | None]:
    one = _one(make)
    return lambda arguments: one(arguments) if arguments else make(None)


def _top(arguments: list[bytes]) -> Event | None:
    if len(arguments) != 2:
        return None
    number, lines = message_number(arguments[0]), line_count(arguments[1])
    return None if number is None or lines is None else Top(number, lines)


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command is allowed; `parse` is None for those that the core itself carries out."""

    states: frozenset[State]
    parse: Callable[[list[bytes]], Event | None] | None = None


_BEFORE = frozenset({State.AUTHORIZATION})
_AFTER = frozenset({State.TRANSACTION})
_ALWAYS = _BEFORE | _AFTER

COMMANDS: Mapping[bytes, Command] = MappingProxyType(
    {
        b"USER": Command(_BEFORE),
        b"PASS": Command(_BEFORE),
        b"AUTH": Command(_BEFORE),
        b"STLS": Command(_BEFORE),
        b"CAPA": Command(_ALWAYS),
        b"QUIT": Command(_ALWAYS),
        b"NOOP": Command(_AFTER),
        b"STAT": Command(_AFTER, _nothing(Stat())),
        b"LIST": Command(_AFTER, _one_or_all(List)),
        b"UIDL": Command(_AFTER, _one_or_all(Uidl)),
        b"RETR": Command(_AFTER, _one(Retr)),
        b"DELE": Command(_AFTER, _one(Dele)),
        b"TOP": Command(_AFTER, _top),
        b"RSET": Command(_AFTER, _nothing(Reset())),
    }
)
