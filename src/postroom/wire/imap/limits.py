"""Every bound of the IMAP language, each with its reason.

What a mailbox, a message or an account may hold is not decided here; these bound what one client can make us keep or
compute before anybody has looked at it.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_NUMBER = 4294967295
"""RFC 3501 §9: number and nz-number are 32 bits."""

MAX_NUMBER_64 = 9223372036854775807
"""RFC 9051 §9 number64 and RFC 7162 §7 mod-sequence-value: 63 bits, what a signed database integer holds."""

MAX_TAG = 128
"""Clients use 4 to 20 bytes; a tag is repeated in our reply, so that it must not carry a payload."""

MAX_LINES = 65536
"""All lines of one command together: RFC 7162 §4 asks for at least 8192; a set of 8,000 scattered UIDs needs 64 KiB."""

MAX_DEPTH = 100
"""Nesting of search keys and body parts: no client writes ten; a parser's stack is not the client's to fill."""

MAX_RANGES = 16384
"""Ranges in one sequence set: more than a line of 64 KiB holds of UIDs with four digits."""

MAX_SEARCH_KEYS = 1000
"""Keys in one SEARCH: each may cost a scan of the mailbox; clients that look for Message-IDs send some hundred."""

MAX_SORT_CRITERIA = 32
"""Criteria in one SORT: there are nine, and naming one twice means nothing; each costs a pass over the result."""

MAX_FETCH_ITEMS = 256
"""Items in one FETCH: each may be a whole body, so that a short line must not ask for gigabytes of one message."""

MAX_APPEND_PARTS = 1000
"""Parts of all messages of one APPEND with CATENATE: each URL is a look into the store."""

MAX_MATCHES = 1024
"""Pairs of number and UID that a client may give to SELECT with QRESYNC: some hundred are usual."""

MAX_FLAGS = 256
"""Flags in one list: far over what any client sets, under what would fill a database row."""

MAX_KEYWORD = 255
"""Bytes of one flag or keyword, so that it fits an index key of any store."""

MAX_MAILBOX = 1000
"""Bytes of a mailbox name or pattern on the wire: ten levels of a hundred; file systems and index keys end near it."""

MAX_PATTERNS = 100
"""Patterns in one LIST: each walks all mailboxes."""

MAX_ID_FIELDS = 30
"""RFC 2971 §3.3: no more than 30 field-value pairs, names up to 30 bytes, values up to 1024."""


MAX_ENTRIES = 100
"""Annotation entries named in one command: as many as a mailbox can have."""

MAX_ENTRY = 255
"""Bytes of an annotation entry's name, so that it fits an index key of any store."""

MAX_ANNOTATION = 8192
"""Bytes of an annotation's value: those of the largest argument literal."""

MAX_RESOURCES = 16
"""Resources in one SETQUOTA: four are registered."""


MAX_EVENT_GROUPS = 100
"""Event groups in one NOTIFY: each change of a mailbox is held against all of them."""

MAX_NOTIFY_MAILBOXES = 1000
"""Mailboxes named in one event group of NOTIFY."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What differs by door or installation; sizes in bytes."""

    literal_before_login: int = 1024
    """Names and passwords only; a stranger gets no more room."""
    literal: int = 8192
    """One argument: a mailbox name, a search string, a header name."""
    literals: int = 65536
    """All argument literals of one command: a search with eight long strings."""
    non_sync: int | None = None
    """Largest non-synchronising literal: None for LITERAL+, 4096 for LITERAL- (RFC 7888 §5)."""
    skip: int = 67108864
    """Bytes read only to be thrown away after a refusal; a client that sends more is cut off instead."""
    bad_before_login: int = 3
    """Bad commands of a stranger: another protocol talking to this port shows itself in its first lines."""
    bad: int = 20
    """Bad commands after login: a broken client in a loop, with room for an odd one in a long session."""
