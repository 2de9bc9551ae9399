"""The message submission agent (RFC 5598 §4.3.1 MSA): what a login may send, and what a submitted message lacks.

Rules of this room: what the user wrote is not laid out anew; missing fields stand in front, blind copies are cut out, all else stays byte for byte
(RFC 6409 §8).
"""
