"""Commands of a stranger: RFC 3501 §6.2."""
