"""Everything the server says, as bytes.

Each function makes one response, or one piece of one, and ends every line itself. Nothing here knows a session.
A response that may be large is a list of pieces, so that a message body is copied once: into the socket's buffer.
"""
