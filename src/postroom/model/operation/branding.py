"""What makes a server look like its organisation's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptLogo:
    """PNG in two sizes, `png_2x` for sharp screens; `version` changes with the picture. `changed_at` in Unix seconds."""

    version: str
    png: bytes
    png_2x: bytes
    width: int
    height: int
    changed_at: int
