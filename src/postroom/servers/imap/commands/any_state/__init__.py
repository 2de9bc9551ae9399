"""Commands legal in any state: RFC 3501 §6.1."""
