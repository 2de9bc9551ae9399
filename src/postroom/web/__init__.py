"""Web: the built pages that the program carries. They speak the public API like any stranger; nothing here is private to them.

`console/` is made by `make ui` from ui/console and is not in the repository; a wheel has it.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def console_folder() -> Path:
    """Where the built pages of the console are; it may not be there."""
    return Path(str(resources.files(__name__) / "console"))
