"""HTTP: one door for ASGI applications, on the same listeners, limits and TLS contexts as the doors of mail.

uvicorn's protocol speaks HTTP/1.1 (h11, whose buffers are bounded); accepting, TLS, deadlines and the bounds of bodies are this house's.
"""
