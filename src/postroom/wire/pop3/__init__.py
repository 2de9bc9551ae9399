"""POP3, the server's side: command lines to events, replies and messages to bytes.

Rules of this room: the session decides who may log in and what a maildrop holds; the core knows the order of commands,
the bounds of lines and numbers, and how content is framed. A maildrop's numbering, locks and QUIT's deletions are the
session's. RFC 1939, RFC 2449 (CAPA, response codes), RFC 2595 (STLS), RFC 5034 (AUTH), RFC 3206 (AUTH and SYS codes).
"""
