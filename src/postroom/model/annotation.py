"""Annotations: named values on a mailbox or on the account as a whole (RFC 5464 §3, what IMAP METADATA shows)."""

from __future__ import annotations

from typing import NamedTuple

from postroom.model.errors import Malformed

MAX_VALUE = 8192  # octets of one value: what one argument of a command may hold; RFC 5464 §4.1 asks for 1024
MAX_ENTRIES = 100  # of one mailbox; RFC 5464 §4.1 asks for 10
MAX_ACCOUNT_ENTRIES = 5000  # of all mailboxes of an account: watchers look at all their names
MAX_NAME = 255  # octets of an entry's name, so that it fits an index key of any store
SCOPES = ("/private/", "/shared/")
_VENDOR_LEVELS = 4  # RFC 5464 §3.2: /shared/vendor/<token>/<name>


class AnnotationMark(NamedTuple):
    """Which annotation changed when; `mailbox_id` 0 for the account's own."""

    mailbox_id: int
    entry: str
    mod_seq: int


def normal_entry(name: str) -> str:
    """The one spelling of an entry's name. Raises Malformed with what is allowed (RFC 5464 §3.2)."""
    entry = name.lower()
    if not name.isascii() or not name.isprintable() or len(name) > MAX_NAME or "*" in name or "%" in name:
        raise Malformed(f"an entry is at most {MAX_NAME} printable ASCII characters without * and %")
    levels = entry.split("/")[1:]
    if not entry.startswith(SCOPES) or not all(levels):
        raise Malformed("an entry begins with /private/ or /shared/ and has no empty level")
    if levels[1] == "vendor" and len(levels) < _VENDOR_LEVELS:
        raise Malformed("an entry of a vendor has at least four levels")
    return entry


def depth_below(entry: str, above: str) -> int | None:
    """How many levels `entry` lies below `above`, 0 for itself, None where it does not."""
    if entry == above:
        return 0
    if not entry.startswith(above + "/"):
        return None
    return entry[len(above) :].count("/")
