"""What every text and number of accounts, domains and groups must keep to; each refusal names its field and what is allowed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sized

from postroom.model.errors import Fault, Malformed

MAX_NAME = 200  # characters: the longest names of people and groups are half as long
MAX_DESCRIPTION = 2000  # characters
MAX_OCTETS = 1 << 50  # a quota of a petabyte; beyond, a number is a typing error
MAX_COUNT = 999_999_999


def refused(field: str, text: str) -> Malformed:
    """Told at the field of a form, and in a line of the command line."""
    return Malformed(f"{field}: {text}", faults=[Fault(field, text)])


def text(field: str, value: str, longest: int = MAX_NAME, *, lines: bool = False) -> str:
    """Without blanks around it. Raises Malformed."""
    plain = unicodedata.normalize("NFC", value.strip())
    if len(plain) > longest:
        raise refused(field, f"at most {longest} characters")
    allowed = "\n\t" if lines else ""
    if any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one not in allowed for one in plain):
        raise refused(field, "no control characters")
    return plain


def octets(field: str, value: int | None) -> int | None:
    """None is no limit. Raises Malformed."""
    if value is not None and not 1 <= value <= MAX_OCTETS:
        raise refused(field, f"1 to {MAX_OCTETS} octets, or none for no limit")
    return value


def count(field: str, value: int | None, lowest: int) -> int | None:
    """Raises Malformed."""
    if value is not None and not lowest <= value <= MAX_COUNT:
        raise refused(field, f"{lowest} to {MAX_COUNT}, or none")
    return value


def number_of(field: str, values: Sized, most: int) -> None:
    """Raises Malformed."""
    if len(values) > most:
        raise refused(field, f"at most {most}")
