"""SMTP and LMTP as values: RFC 5321, RFC 2033 and the extensions a mail server of today speaks.

Rules of this room:

- One table (`commands.py`) says which verbs exist, how each is parsed and in which state it may stand. The core checks
  state and syntax; who may relay, log in or must use TLS first is the session's business.
- Every reply to a command is given by the session, also the ones for a `Violation`, which carries the reply we suggest.
- A line ends with CRLF and content ends with CRLF.CRLF, and with nothing else: this is what keeps a second message from
  being smuggled inside a first.
- LMTP is a dialect flag of both cores, not a third one.
"""
