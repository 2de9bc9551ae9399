"""SASLprep: one spelling for names and passwords that look the same. RFC 4013, a profile of RFC 3454.

SCRAM asks for it (RFC 5802 §5.1) so that both sides hash the same octets: the exchange (wire) and what the directory keeps of a password must agree, so it
stands above both rooms. Pure, like wire.
"""

from __future__ import annotations

import stringprep
import unicodedata

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(text: str, *, allow_unassigned: bool = False) -> str | None:
    """The prepared form, or None when `text` may not be used (RFC 4013 §2). Printable ASCII is left as it is.

    Characters younger than Unicode 3.2 are refused in stored names and let through in a query (RFC 4013 §2.5), which is what a client prepares.
    """
    if text.isascii() and text.isprintable():
        return text
    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in text if not stringprep.in_table_b1(c))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(prohibits(c) for c in prepared for prohibits in _PROHIBITED):
        return None
    if not allow_unassigned and any(stringprep.in_table_a1(c) for c in prepared):
        return None
    if not _direction_is_clear(prepared):
        return None
    return prepared


def _direction_is_clear(text: str) -> bool:
    """RFC 3454 §6: right-to-left text holds no left-to-right character, and begins and ends right-to-left."""
    if not any(stringprep.in_table_d1(c) for c in text):
        return True
    if any(stringprep.in_table_d2(c) for c in text):
        return False
    return stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
