"""What is known of a backup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """An archive in the folder of backups; `made_at` in Unix seconds, `size` in octets."""

    name: str
    made_at: int
    size: int
