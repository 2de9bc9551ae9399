"""Commands on the selected mailbox: RFC 3501 §6.4."""
