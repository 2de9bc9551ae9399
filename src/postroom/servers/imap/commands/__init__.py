"""The commands: one file each, in the folders and by the names of wire.imap.commands. `servers.imap.table.COMMANDS` joins them to their types.

A function takes the session and the command, sends what is to be told, and ends by `session.finish`, or raises a MailError on its way to the client.
"""
