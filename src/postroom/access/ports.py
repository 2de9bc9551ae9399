"""MailPorts: what this room needs of the world, handed in by `app` once per worker."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.model.ports import ChangeFeed, Clock, MailStore, Staging
from postroom.model.text_index import TextIndex


@dataclass(frozen=True, slots=True)
class MailPorts:
    """Shared by all accounts of a worker."""

    store: MailStore
    staging: Staging
    feed: ChangeFeed
    clock: Clock
    index: TextIndex | None = None
    """None where messages are read instead."""
