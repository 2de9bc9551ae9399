"""Bounds on what one message and its DNS records may cost here, each with its reason."""

from __future__ import annotations

SIGNATURES = 8
"""DKIM signatures looked at, from the top: mail through three services has five; each costs a lookup and some 50 µs."""

SIGNATURE_FIELD = 16 << 10
"""Octets of one signature field: the longest h= of real mail is some 2,000, and a signature of 4,096 bits 700."""

SIGNED_FIELDS = 300
"""Names in one h=: real mail stays below 60, each kind named twice included."""

TAGS = 50
"""Tags of one list; the standards define fewer than 20."""

RECORD = 16 << 10
"""Octets of one TXT record that are read: a key of 4,096 bits takes 800, a policy with many addresses some 2,000."""

RSA_BITS = (1024, 4096)
"""Keys that are used (RFC 8301 §3.2). A larger one costs a receiver ever more, and no answer in one UDP packet holds it."""

RSA_EXPONENT_BITS = 33
"""65537 has 17. A verification takes time in proportion to this, so that a hostile key is refused by it."""

CLOCK_SKEW = 86_400
"""Seconds that a signature may come from the future: clocks and zones of senders go wrong by hours."""

EVALUATION_SECONDS = 20.0
"""For all lookups of one check together (RFC 7208 §4.6.4 asks for at least 20 seconds before giving up)."""

ARC_SETS = 50
"""Instances of a chain (RFC 8617 §4.2.1)."""

SPF_LOOKUPS = 10
"""Terms that ask the DNS (RFC 7208 §4.6.4)."""

SPF_VOID_LOOKUPS = 2
"""Lookups that find nothing (RFC 7208 §4.6.4)."""

SPF_NAMES = 10
"""Hosts of one mx term, or of the reverse lookup (RFC 7208 §4.6.4)."""

SPF_TERMS = 200
"""Terms of one record: ten that ask the DNS, and networks; the longest records of large senders have some 100."""

SPF_LOCAL_PART = 64
"""Octets of a local part that macros fill in (RFC 5321 §4.5.3.1.1)."""

EXPLANATION = 500
"""Characters of an explanation: it goes into a reply line or two."""

TREE_QUERIES = 8
"""Lookups of one DNS Tree Walk (RFC 9989 §4.10)."""

REPORT_URIS = 10
"""Addresses of one rua or ruf that are kept; a report to more of them is nobody's wish."""

RESULTS = 50
"""Results read from one Authentication-Results field; eight signatures, SPF twice, DMARC and ARC are fewer than 15."""

REASON = 200
"""Characters of a reason written into a field or the log."""
