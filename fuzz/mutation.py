"""Bending octets: structure-aware (lines, tokens, numbers) as well as blind, and now and then very long, since what is not linear shows only then."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

MOST_OCTETS = 96 * 1024  # of one input: quadratic work over so much takes seconds, linear work milliseconds
_LONGEST_KEPT = 8 * 1024  # octets of an input that is bent again
_NUMBER = re.compile(rb"[0-9]+")
_WORD = re.compile(rb"[^\s()<>{}\[\]\",;:=]+")

TOKENS = (
    *(bytes((octet,)) for octet in b"\0\t\n\r \"%&'()*+,-./:;<=>?@[\\]{|}~\x7f\x80\xc0\xff"),
    *(b"\r\n", b"\r\n.\r\n", b"\n.\n", b"\r.\r", b"..", b"\r\n\r\n", b"--", b"=?", b"?=", b"=?utf-8?b?", b"=?x?q?=00?="),
    *(b"{0}\r\n", b"{0+}\r\n", b"{4294967296}\r\n", b"{99999999999999999999+}\r\n", b"{-1}\r\n", b"~{3+}\r\nabc", b"{3+}\r\na\0b"),
    *(b"*:*", b"0", b"-1", b"1_0", b"4294967295", b"4294967296", b"18446744073709551616", b"9" * 400, b"1:4294967295", b"$"),
    *(b"&", b"&-", b"&AGE-", b"&2AA-", b"INBOX", b"a/b//c", b"..", b"*" * 40 + b"%", b"\xd9\xa1\xd9\xa2", b"\xe2\x80\xae"),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xc0\xaf", b"\xe3\x81\x82" * 30, b"a\xcc\x81" * 20, b"\x1b$B"),
    *(b"BDAT 0 LAST\r\n", b"DATA\r\n", b"RSET\r\n", b"QUIT\r\n", b"STARTTLS\r\n", b"AUTH PLAIN\r\n", b"IDLE\r\n", b"DONE\r\n"),
    *(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"; a*0*=x''%"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"filename*0=\"", b"(((((((", b")))))))", b"NOT " * 30, b"OR " * 30),
)  # fmt: skip


class Bender:
    """Makes new inputs out of old ones; one source of chance, so that a seed gives the same inputs again."""

    def __init__(self, chance: random.Random, corpus: Sequence[bytes]) -> None:
        self._chance = chance
        self._corpus = list(corpus)
        self._ways: tuple[Callable[[bytes], bytes], ...] = (
            self._insert_token,
            self._insert_token,
            self._replace_word,
            self._replace_number,
            self._flip,
            self._delete,
            self._duplicate,
            self._lines,
            self._splice,
            self._cut,
            self._blow_up,
        )

    def keep(self, data: bytes) -> None:
        """A good input, to be bent as the seeds are; long ones teach no more than short ones and cost more."""
        if len(data) <= _LONGEST_KEPT:
            self._corpus.append(data)

    def make(self) -> bytes:
        """One input: a seed (or chance alone), bent one to eight times."""
        chance = self._chance
        data = chance.choice(self._corpus) if chance.random() < 0.95 else chance.randbytes(chance.randrange(1, 200))
        for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
            data = chance.choice(self._ways)(data)
        return data[:MOST_OCTETS]

    def _place(self, data: bytes) -> int:
        return self._chance.randrange(len(data) + 1)

    def _span(self, data: bytes) -> tuple[int, int]:
        start = self._place(data)
        return start, min(len(data), start + self._chance.choice((1, 2, 4, 16, 64, 300)))

    def _insert_token(self, data: bytes) -> bytes:
        at = self._place(data)
        return data[:at] + self._chance.choice(TOKENS) + data[at:]

    def _replace(self, data: bytes, pattern: re.Pattern[bytes], new: Callable[[], bytes]) -> bytes:
        found = list(pattern.finditer(data[:20_000]))
        if not found:
            return self._insert_token(data)
        one = self._chance.choice(found)
        return data[: one.start()] + new() + data[one.end() :]

    def _replace_word(self, data: bytes) -> bytes:
        return self._replace(data, _WORD, lambda: self._chance.choice(TOKENS))

    def _replace_number(self, data: bytes) -> bytes:
        edges = (0, 1, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64, 10**30)
        return self._replace(data, _NUMBER, lambda: b"%d" % self._chance.choice(edges))

    def _flip(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self._chance.choice((1, 1, 4, 20)) if data else 0):
            changed[self._chance.randrange(len(changed))] = self._chance.randrange(256)
        return bytes(changed)

    def _delete(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def _duplicate(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:end] + data[start:end] + data[end:]

    def _lines(self, data: bytes) -> bytes:
        lines = data[:20_000].splitlines(keepends=True)
        if len(lines) < 2:
            return self._duplicate(data)
        one, other = self._chance.randrange(len(lines)), self._chance.randrange(len(lines))
        match self._chance.randrange(3):
            case 0:
                lines[one], lines[other] = lines[other], lines[one]
            case 1:
                lines.insert(one, lines[other])
            case _:
                del lines[one]
        return b"".join(lines)

    def _splice(self, data: bytes) -> bytes:
        other = self._chance.choice(self._corpus)
        return data[: self._place(data)] + other[self._place(other) :]

    def _cut(self, data: bytes) -> bytes:
        return data[: self._place(data)]

    def _blow_up(self, data: bytes) -> bytes:
        """One stretch very often: nesting, folding, long lists, long lines."""
        start, end = self._span(data)
        piece = data[start:end] if self._chance.random() < 0.5 else self._chance.choice(TOKENS)
        most = MOST_OCTETS // max(1, len(piece))
        return data[:start] + piece * min(most, self._chance.choice((20, 20, 300, 300, 3000, most))) + data[end:]
