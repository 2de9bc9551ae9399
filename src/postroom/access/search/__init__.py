"""Searching one mailbox: a typed question (`query`), and its answer (`evaluate`).

Each key says of a row True, False or None for "the columns read so far can't tell". What stays None is decided by reading the message itself, in a thread.
"""
