"""DMARC: `evaluate` says whether the author's domain stands behind a message, and what it wishes for those where it does not.

`author` finds the domain in the header, `record` reads policies, `tree` finds them by the DNS Tree Walk. RFC 9989; reports are RFC 9990.
"""
