"""Scanner: a position in one whole command, with the tokens of RFC 3501 §9.

The command's text is its lines as they came; where a line announces a literal, the literal's bytes are in `literals`,
in order. A CRLF inside the text can only be the end of a literal header, because a line ends at the first LF.

    astring      = 1*ASTRING-CHAR / string
    string       = quoted / literal
    atom         = 1*ATOM-CHAR                  ; not ( ) { SP CTL % * " \\ ]
    ASTRING-CHAR = ATOM-CHAR / "]"
    quoted       = DQUOTE *QUOTED-CHAR DQUOTE
"""

from __future__ import annotations

import re
from typing import NoReturn

from postroom.wire.imap.limits import MAX_NUMBER, MAX_NUMBER_64
from postroom.wire.imap.sequences import NotASequenceSet, SequenceSet, parse_sequence_set

_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]++')
_ASTRING = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]++')
# Bytes over 127 are let through: RFC 9051 §9 allows UTF-8 here, and clients send it to IMAP4rev1 too (docs/quirks.md).
_QUOTED = re.compile(rb'"([^"\\\r\n\x00]*+(?:\\["\\][^"\\\r\n\x00]*+)*+)"')
_ESCAPED = re.compile(rb'\\(["\\])')
LITERAL = re.compile(rb"(~?)\{[0-9]{1,40}\+?\}\r?\n")
_NUMBER = re.compile(rb"[0-9]{1,19}(?![0-9])")
_SEQUENCE_SET = re.compile(rb"\$|[0-9*:,]++")


class BadSyntax(Exception):
    """This command cannot be run as it stands; `condition` and `code` say how that is put to the client."""

    def __init__(self, text: str, *, condition: bytes = b"BAD", code: bytes | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.condition = condition
        self.code = code


class Scanner:
    """One command being read; every method moves on over what it returns."""

    __slots__ = ("_next_literal", "literals", "position", "tag", "text", "uid", "uid_only", "utf8")

    def __init__(self, text: bytes, literals: list[bytes], *, utf8: bool = False) -> None:
        self.text = text
        self.literals = literals
        self.position = 0
        self.tag = b""
        self.uid = False
        self.uid_only = False
        self.utf8 = utf8
        self._next_literal = 0

    def fail(self, text: str = "Invalid argument") -> NoReturn:
        """Refuse the command."""
        raise BadSyntax(text)

    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self.position == len(self.text)

    def end(self) -> None:
        """Nothing may follow."""
        if self.position != len(self.text):
            raise BadSyntax("Unexpected argument")

    def looking_at(self, token: bytes) -> bool:
        """Whether `token` comes next; does not move."""
        return self.text.startswith(token, self.position)

    def take(self, token: bytes) -> bool:
        """Move over `token` if it comes next."""
        if self.text.startswith(token, self.position):
            self.position += len(token)
            return True
        return False

    def expect(self, token: bytes) -> None:
        """Move over `token`, which must come next."""
        if not self.text.startswith(token, self.position):
            raise BadSyntax("Missing argument" if self.at_end() else "Invalid argument")
        self.position += len(token)

    def space(self) -> None:
        """Exactly one space."""
        self.expect(b" ")

    def message_numbers(self) -> SequenceSet:
        """A set that counts messages, where this client still may (RFC 9586 §3)."""
        if self.uid_only and not self.looking_at(b"$"):
            raise BadSyntax("Message numbers are off", code=b"UIDREQUIRED")
        return self.sequence_set()

    def match(self, pattern: re.Pattern[bytes], text: str = "Invalid argument") -> re.Match[bytes]:
        """What `pattern` matches here, or BadSyntax(text)."""
        found = pattern.match(self.text, self.position)
        if found is None:
            raise BadSyntax(text)
        self.position = found.end()
        return found

    def atom(self) -> bytes:
        """An atom as written."""
        found = _ATOM.match(self.text, self.position)
        if found is None:
            raise BadSyntax("Invalid atom")
        self.position = found.end()
        return found[0]

    def name(self) -> bytes:
        """An atom in upper case: the protocol's own words."""
        return self.atom().upper()

    def astring(self) -> bytes:
        """An atom, quoted string or literal, as the bytes it stands for."""
        found = _ASTRING.match(self.text, self.position)
        if found is None:
            return self.string()
        self.position = found.end()
        return found[0]

    def string(self) -> bytes:
        """A quoted string or literal, as the bytes it stands for."""
        if self.looking_at(b'"'):
            content = self.match(_QUOTED, "Invalid quoted string")[1]
            return _ESCAPED.sub(rb"\1", content) if b"\\" in content else content
        content = self.literal()
        if b"\x00" in content:
            raise BadSyntax("NUL in a literal")
        return content

    def literal(self) -> bytes:
        """A literal that is an argument; a literal8 only where its bytes are still those of a literal."""
        self.match(LITERAL, "Invalid string")
        if self._next_literal == len(self.literals):
            raise BadSyntax("Missing literal")
        content = self.literals[self._next_literal]
        self._next_literal += 1
        return content

    def nstring(self) -> bytes | None:
        """A string, or None for NIL."""
        if self.text[self.position : self.position + 3].upper() == b"NIL":
            self.position += 3
            return None
        return self.string()

    def number64(self) -> int:
        """Digits up to 2^63-1."""
        value = int(self.match(_NUMBER, "Invalid number")[0])
        if value > MAX_NUMBER_64:
            raise BadSyntax("Number too large")
        return value

    def number(self) -> int:
        """Digits up to 2^32-1."""
        value = self.number64()
        if value > MAX_NUMBER:
            raise BadSyntax("Number too large")
        return value

    def nz_number(self) -> int:
        """Digits from 1 to 2^32-1."""
        return self.number() or self.fail("Zero is not allowed here")

    def sequence_set(self) -> SequenceSet:
        """Message numbers or UIDs."""
        found = self.match(_SEQUENCE_SET, "Invalid sequence set")
        try:
            return parse_sequence_set(found[0])
        except NotASequenceSet as error:
            raise BadSyntax(f"Invalid sequence set: {error}") from None
