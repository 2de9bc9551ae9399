"""IMAP, the server's side of the language: bytes from and to a mail client as values.

Rules of this room, beside those of `wire`:

- The stream is cut into lines and literals (`fragments`) before anything is parsed, so that a bad command is always
  skipped whole; a literal is offered before it is read, so that it can be refused.
- A command is a frozen value; one table (`commands.table`) says what it is called, who parses it and when it is legal.
  An extension is one new file and one new row.
- Sequence sets stay ranges; nothing here is ever as large as what a client merely names.
- Text from outside never reaches a quoted string unescaped: `responses.strings` is the only way out.
- `view` keeps the client's picture of the selected mailbox; it is told changes and says what may be told when.

RFC 3501, with the extensions named in each file; laid out for RFC 9051.
"""
