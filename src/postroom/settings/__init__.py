"""Settings: one typed module per page of the console; default, unit, validation and help text of every setting in one place.

Rules of this room:

- The forms, the API, the command line and the reference pages are made from these models; nothing else states a default.
- A document is validated whole before anything changes (`document.py`); it is immutable once made.
- Keeping versions is the store's work, applying them is the servers'; this room only knows what a setting means.
"""
