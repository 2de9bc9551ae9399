"""What the owner of an account may do with its mail, written once for every door that shows mail.

Rules of this room:

- No protocol words: mailboxes by name, messages by UID, keywords in the model's spelling. A door translates.
- Everything goes through the ports in `ports.MailPorts`; a service object belongs to one logged-in account and can reach no other.
- Reads are cut so that the loop is never held for more than some milliseconds; whoever iterates over a mailbox gives others a turn between two reads.
- A message as seen is its trace prefix and its content; only `content` knows that they lie apart.
"""
