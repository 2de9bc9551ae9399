"""The IMAP door: sessions that join wire.imap's core to `access`.

Rules of this room, beside those of `servers`:

- `session` has the loop, one file of `commands` has what a command does, `table` says which; a command is answered exactly once.
- What other sessions did is told by `session.tell_changes` at a command's end and in IDLE, nowhere else; numbers are those this client knows.
- Answers are sent while they are made: after each chunk of rows the session drains, so a client that does not read holds one chunk.
- Flags are wire words only in `flags`; refusals become NO and BAD only in `errors`; a capability is announced only from `capabilities`.
"""
