"""One command while it is being read, and its parsing once it is whole.

Keeps the lines and argument literals within their bounds; knows the command's head (tag, name, row) as soon as the
first line is there, so that what can never be run is refused before its literals are taken.

    command = tag SP (name / "UID" SP name) [arguments] CRLF
    tag     = 1*<any ASTRING-CHAR except "+">              ; RFC 3501 §9
"""

from __future__ import annotations

import re

from postroom.wire.imap.commands.authenticated.append import (
    AppendStarted,
    names_mailbox,
    parse_append,
    parse_next_append,
)
from postroom.wire.imap.commands.table import APPEND, COMMANDS, Command, CommandRow, State
from postroom.wire.imap.fragments import LiteralHeader
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_LINES, MAX_TAG, Limits

_TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%%*"\\+]{1,%d}(?= )' % MAX_TAG)
_NAME = re.compile(rb" (UID )?([A-Za-z0-9]{1,20})(?![^ \r\n])", re.IGNORECASE)


class PendingCommand:
    """The command under way, from its first byte to the reply."""

    __slots__ = ("_head_end", "_lines", "_literal_bytes", "_row", "append", "line_bytes", "literals", "tag", "uid")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._literal_bytes = 0
        self._row: CommandRow | None = None
        self._head_end = 0
        self.tag: bytes | None = None
        self.uid = False
        self.literals: list[bytes] = []
        self.line_bytes = 0
        self.append: AppendStarted | None = None

    @property
    def started(self) -> bool:
        """Whether any of it has been read."""
        return bool(self._lines)

    @property
    def line_room(self) -> int:
        """How long its next line may be."""
        return MAX_LINES - self.line_bytes

    @property
    def is_append(self) -> bool:
        """Whether it is an APPEND that its state allows."""
        return self._row is COMMANDS[APPEND]

    def add_line(self, text: bytes, state: State) -> None:
        """Keep a line; the first one's head must be a command that is legal in `state`."""
        self._lines.append(text)
        self.line_bytes += len(text)
        if len(self._lines) == 1:
            self._read_head(text, state)

    def _read_head(self, line: bytes, state: State) -> None:
        tag = _TAG.match(line)
        if tag is None:
            raise BadSyntax("Invalid tag")
        self.tag = tag[0]
        name = _NAME.match(line, tag.end())
        if name is None:
            raise BadSyntax("Invalid command")
        row = COMMANDS.get(name[2].upper())
        if row is None or (name[1] and not row.uid):
            raise BadSyntax("Unknown command")
        if state not in row.states:
            raise WrongState(f"Not allowed: {state.value}")
        self.uid = bool(name[1])
        self._row = row
        self._head_end = name.end()

    def check_argument(self, header: LiteralHeader, limits: Limits, state: State) -> None:
        """Refuse an argument literal that is larger than arguments are."""
        limit = limits.literal_before_login if state is State.NOT_AUTHENTICATED else limits.literal
        if header.size > limit or self._literal_bytes + header.size > limits.literals:
            raise self._too_large()
        if header.non_sync and limits.non_sync is not None and header.size > limits.non_sync:
            raise BadSyntax("Literal too large for LITERAL-")
        self._literal_bytes += header.size

    def _too_large(self) -> BadSyntax:
        code = self._row.too_large if self._row is not None else None
        return BadSyntax("Literal too large", condition=b"NO" if code else b"BAD", code=code)

    def offered_message(self, header: LiteralHeader, *, utf8: bool) -> AppendStarted | None:
        """The message this literal is, or None when it is the mailbox's name."""
        if self.append is not None:
            text = self._lines[-1]
            scan = self._scanner(text, utf8=utf8)
            return parse_next_append(scan, self.append.mailbox, header)
        scan = self._scanner(b"".join(self._lines), utf8=utf8)
        scan.position = self._head_end
        return None if names_mailbox(scan, header) else parse_append(scan, header)

    def parse(self, *, utf8: bool) -> Command:
        """The whole command; raises BadSyntax."""
        row = self._row
        if row is None or row.parse is None:
            raise BadSyntax("Missing argument")
        lines = self._lines
        scan = self._scanner(lines[0] if len(lines) == 1 else b"".join(lines), utf8=utf8)
        scan.position = self._head_end
        command = row.parse(scan)
        scan.end()
        return command

    def _scanner(self, text: bytes, *, utf8: bool) -> Scanner:
        scan = Scanner(text, self.literals, utf8=utf8)
        scan.tag = self.tag or b""
        scan.uid = self.uid
        return scan


class WrongState(BadSyntax):
    """A well-formed command at the wrong time: answered, but no sign of a peer that speaks something else."""
