"""Bounds on what one message may cost, each with its reason.

None of them refuses a message. They say how far structure is looked for; the content behind them is kept and served as
an opaque leaf, or as raw bytes.
"""

from __future__ import annotations

DEPTH = 50
"""Open parts inside one another. Forwarded chains of real mail stay under 20; rendering recurses once a level."""

PARTS = 1_000
"""Parts of one message. A digest of a month has hundreds; each costs some 10 µs at append and 10–20 stored bytes."""

HEADER_BLOCK = 1 << 20
"""Bytes of one header that are read for fields: eight times what Postfix passes on (header_size_limit 102,400)."""

HEADER_FIELDS = 5_000
"""Fields of one header that are told apart; traces of the longest lists stay in the hundreds."""

BOUNDARY = 1_000
"""Bytes of a boundary. RFC 2046 §5.1.1 allows 70; some mailers exceed it a little, none tenfold."""

BOUNDARY_LINE = BOUNDARY + 200
"""Bytes of a delimiter line with its padding: a longer line is text, so that no line is searched to its end."""

PARAMETERS = 200
"""Parameters of one field, RFC 2231 segments counted singly: a file name of 10,000 characters still fits."""

ADDRESSES = 10_000
"""Addresses read from one field: above the largest recipient list that submission would let out."""

ADDRESS_WRECKAGE = 64 << 10
"""Bytes of one field read by the slow road of addresses, some 50 ms: what is written plainly is not counted."""

DISPLAYED_ADDRESSES = 8 << 10
"""Bytes of From and To read to show names in a list."""

COMMENT_DEPTH = 20
"""Nested comments in an address list; deeper parentheses are skipped as one comment, without recursion."""

ENCODED_TEXT = 64 << 10
"""Bytes of a field value decoded for reading: a screen shows some hundreds."""

SUBJECT = 2_000
"""Characters of a subject kept for lists and sorting (the envelope keeps all of it)."""

DISPLAY = 500
"""Characters of the From and To texts kept for lists; ten names fill any screen."""

MESSAGE_ID = 998
"""Bytes of one message identifier: a line of RFC 5322 §2.1.1."""

REFERENCES = 100
"""Identifiers kept of a thread: the first and the latest ones, which is what RFC 5322 §3.6.4 lets a client trim to."""

PREVIEW = 200
"""Characters of a preview, the SHOULD of RFC 8970 §3.1."""

PREVIEW_SOURCE = 16 << 10
"""Encoded bytes read to make a preview: newsletters open with kilobytes of style sheets."""

SEARCH_PART = 16 << 20
"""Bytes of one text part decoded for search; a longer one is log output, and its tail is not found."""

FILE_NAME = 255
"""Characters of an attachment's name: the longest that file systems take."""

CACHED_HEADER = 64 << 10
"""Bytes of the header cache of one message. Above it (thousands of recipients) the message itself is read."""

RECEIVED = 100
"""Received fields before a message counts as looping (RFC 5321 §6.3 asks for at least 100)."""
