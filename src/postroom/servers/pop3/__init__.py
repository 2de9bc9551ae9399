"""The POP3 door: one session per connection over wire/pop3's core, a maildrop behind it.

Rules of this room: a maildrop is shared by design, so that no program locks another out ([IN-USE] is never said): numbers and sizes are fixed per session, and
nothing is deleted but at QUIT, exactly what that session marked. A lost connection deletes nothing. Flags are left alone. RFC 1939, RFC 2449, RFC 2595, RFC 5034,
RFC 3206.
"""
