"""The attempt: carrying one message to its next hop (RFC 5321 §5.1).

Rules of this room: what the world does wrong is a Report, never an exception; a message is called delivered only after the reply to its content; nothing that must
be protected is ever sent in clear because a server, or somebody on the way to it, did not offer TLS.
"""
