"""The mail delivery agent (RFC 5598 §4.3.3 MDA): the last step, into an account's mailbox.

Rules of this room: one message is summarised once, however many accounts get it; each recipient has its own result; nothing is reported as delivered before
the store says that it is durable.
"""
