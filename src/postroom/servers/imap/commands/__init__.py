"""The commands: one file each, or one for a family, named as in wire.imap.commands. `servers.imap.table.COMMANDS` joins them to their types.

A function takes the session and the command's value and answers it, mostly through `session.finish`; what it raises as a MailError becomes the answer.
"""
