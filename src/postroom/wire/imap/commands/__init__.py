"""The commands: one file each, or one for a family that shares a grammar.

A file holds the frozen value a command becomes and the parser that makes it, under its ABNF. The parser starts right
behind the command's name (its first act is the space), and what may not follow is refused for it. `table.COMMANDS`
names them all: nothing is registered by being imported.
"""
