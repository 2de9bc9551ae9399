"""The admin API: what `admin` offers, over HTTP, for the console and for programs; OpenAPI 3.1 is made from the code.

Rules of this room:

- A route takes its input as a pydantic model that refuses unknown fields, asks one service, and gives a model back; it decides nothing.
- Who asks comes from `access.py` alone; what went wrong goes out through `problems.py` alone (RFC 9457).
- One file for each resource in `resources/`.
"""
