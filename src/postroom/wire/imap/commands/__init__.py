"""The commands: one file each, in folders by the state that RFC 3501 §6 makes them legal in; `extensions` holds those of later standards that
belong to no selected mailbox.

Each file has the command as a frozen value and its parser under the ABNF; `table.COMMANDS` is the one list of them.
"""
