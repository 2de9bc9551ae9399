"""Commands of a user: RFC 3501 §6.3."""
