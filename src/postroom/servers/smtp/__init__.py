"""The SMTP doors: MX, submission with STARTTLS, submission over TLS, and LMTP, which are one session with different Dialects.

Rules of this room: one file per family of commands, each a coroutine that answers one event; refusals come from `errors.py` or are suggested by the core;
what a client has cost so far is counted in `patience.py` and nowhere else. RFC 5321, RFC 6409, RFC 8314, RFC 2033.
"""
