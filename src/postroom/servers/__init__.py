"""The doors: what accepts connections, and one session per connection that joins a wire core to services.

Rules of this room: `servers.a` never imports `servers.b`; a session acts on its core's events, asks services, translates errors by its door's one table
(`errors.py`) and never decides policy; every read and write has a deadline; tasks belong to the worker's TaskGroup.
"""
