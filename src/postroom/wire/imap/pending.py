"""One command while it is being read, and its parsing once it is whole.

Keeps the lines and argument literals within their bounds; knows the command's head (tag, name, row) as soon as the
first line is there, so that what can never be run is refused before its literals are taken.

    command = tag SP (name / "UID" SP name) [arguments] CRLF
    tag     = 1*<any ASTRING-CHAR except "+">              ; RFC 3501 §9
"""

from __future__ import annotations

import re

from postroom.wire.imap.commands.authenticated.append import AppendEvent, AppendReader
from postroom.wire.imap.commands.table import COMMANDS, REPLACE, Command, CommandRow, State
from postroom.wire.imap.fragments import LiteralHeader
from postroom.wire.imap.grammar.scanner import BadSyntax, Scanner
from postroom.wire.imap.limits import MAX_LINES, MAX_TAG, Limits

_TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%%*"\\+]{1,%d}(?= )' % MAX_TAG)
_NAME = re.compile(rb" (UID )?([A-Za-z0-9]{1,20})(?![^ \r\n])", re.IGNORECASE)


class PendingCommand:
    """The command under way, from its first byte to the reply."""

    __slots__ = (
        "_head_end",
        "_lines",
        "_literal_bytes",
        "_multi",
        "_row",
        "_uid_only",
        "append",
        "line_bytes",
        "literals",
        "tag",
        "uid",
    )

    def __init__(self, *, multi_append: bool = False) -> None:
        self._multi = multi_append
        self._uid_only = False
        self._lines: list[bytes] = []
        self._literal_bytes = 0
        self._row: CommandRow | None = None
        self._head_end = 0
        self.tag: bytes | None = None
        self.uid = False
        self.literals: list[bytes] = []
        self.line_bytes = 0
        self.append: AppendReader | None = None

    @property
    def started(self) -> bool:
        """Whether any of it has been read."""
        return self.line_bytes > 0

    @property
    def line_room(self) -> int:
        """How long its next line may be."""
        return MAX_LINES - self.line_bytes

    def add_line(self, text: bytes, state: State, *, uid_only: bool = False) -> None:
        """Keep a line; the first one's head must be a command that is legal in `state`, and without numbers where `uid_only`."""
        self._lines.append(text)
        self.line_bytes += len(text)
        if self._row is None:
            self._uid_only = uid_only
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
        if self._uid_only and row.uid and not self.uid and name[2].upper() != b"EXPUNGE":
            raise BadSyntax("Message numbers are off", code=b"UIDREQUIRED")
        self._row = row
        self._head_end = name.end()
        if row.parse is None:
            self.append = AppendReader(replace=row is COMMANDS[REPLACE], multi=self._multi)

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

    def read_append(self, header: LiteralHeader | None, *, utf8: bool) -> list[AppendEvent] | None:
        """What the lines since the last message say; None when the literal that ends them is an argument."""
        assert self.append is not None
        scan = self._scanner(b"".join(self._lines), utf8=utf8)
        scan.position = self._head_end
        events = self.append.read(scan, header)
        if events is not None:
            self._lines, self.literals, self._head_end = [], [], 0
        return events

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
        scan.uid_only = self._uid_only
        return scan


class WrongState(BadSyntax):
    """A well-formed command at the wrong time: answered, but no sign of a peer that speaks something else."""
