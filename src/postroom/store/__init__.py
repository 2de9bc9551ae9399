"""The message store (RFC 5598 MS): mailboxes, emails, changes, the queue, and where content lies.

Rules of this room:

- `engines/` holds the only files that know an engine's name; everything else speaks the portable SQL of `model.database`.
- An account is a folder with one database file and its large contents; the server has one database of its own.
- A write returns when it is durable. What waits while a commit runs goes into the next one together (`engines/writer.py`).
- Statements run inline on the loop, since each takes microseconds; the commit, which waits for the disk, runs in a thread; so does all that touches
  more than a few hundred rows.
- After a failed write or sync the connection is not trusted again: it is closed, reopened and the batch answered with TryLater.
"""
