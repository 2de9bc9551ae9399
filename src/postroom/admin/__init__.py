"""Admin: what an operator may do, written once for the command line, the REST API and the console.

Rules of this room:

- Each operation takes the Operator who asks, checks what that one may, changes by ports, and leaves a line in the audit log in the same transaction.
- Values come in parsed and go out as dataclasses; JSON, forms and tables are the doors' work.
- It names ports (`ports.py`, `model.ports`) and never an adapter; `app` joins them.
"""
