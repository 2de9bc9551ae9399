"""The `postroom` command: one module per group of commands; everything it changes acts on a running server at once.

Rules of this room: heavy imports wait until a command needs them; an error is one line on standard error that says what to do, with an exit status other
than 0; every listing has `--json`; a password comes by prompt or `--password-stdin`, never as an argument.
"""

from __future__ import annotations

from postroom.cli.root import main

__all__ = ["main"]
