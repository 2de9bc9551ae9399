"""The full-text index: what is in a message, found and verified."""
