"""Keywords: the marks on one message in one mailbox (RFC 8621 §4.1.1 spelling; IMAP's `\\Seen` is `$seen` here).

The frequent ones are bits, so that search by flag and counting stay in the database; the rest are text. A door translates its own spelling.
"""

from __future__ import annotations

from dataclasses import dataclass

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = 1, 2, 4, 8, 16
BITS: dict[str, int] = {
    "$seen": SEEN,
    "$answered": ANSWERED,
    "$flagged": FLAGGED,
    "$deleted": DELETED,
    "$draft": DRAFT,
    "$forwarded": 32,
    "$mdnsent": 64,
    "$junk": 128,
    "$notjunk": 256,
    "$phishing": 512,
    "$important": 1024,
    "$submitpending": 2048,
    "$submitted": 4096,
}
MAX_KEYWORDS = 100  # other keywords on one message: clients use a handful; a flood would make every FETCH line long
MAX_KEYWORD_OCTETS = 255  # as RFC 8621 §4.1.1 has it


@dataclass(frozen=True, slots=True)
class Keywords:
    """`bits` for the names in BITS, `others` the remaining ones: sorted, spelled as first given, unique without case."""

    bits: int = 0
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: list[str] | tuple[str, ...]) -> Keywords:
        """From names in our spelling; unknown ones are kept as they are."""
        bits = 0
        others: dict[str, str] = {}
        for name in names:
            bit = BITS.get(name.lower())
            if bit is None:
                others.setdefault(name.lower(), name)
            else:
                bits |= bit
        return cls(bits, tuple(others[key] for key in sorted(others)))

    @classmethod
    def stored(cls, bits: int, others: str | None) -> Keywords:
        """From a row: bits and space-separated text (NULL for none)."""
        return cls(bits, tuple(others.split(" ")) if others else ())

    @property
    def others_text(self) -> str | None:
        return " ".join(self.others) if self.others else None

    def names(self) -> tuple[str, ...]:
        """All names, the known ones in lower case first."""
        return (*(name for name, bit in BITS.items() if self.bits & bit), *self.others)

    def with_added(self, more: Keywords) -> Keywords:
        if not more.others:
            return Keywords(self.bits | more.bits, self.others)
        known = {name.lower(): name for name in self.others}
        for name in more.others:
            known.setdefault(name.lower(), name)
        return Keywords(self.bits | more.bits, tuple(known[key] for key in sorted(known)))

    def with_removed(self, fewer: Keywords) -> Keywords:
        gone = {name.lower() for name in fewer.others}
        kept = tuple(name for name in self.others if name.lower() not in gone) if gone else self.others
        return Keywords(self.bits & ~fewer.bits, kept)
