"""MailPorts: what this room needs of the world, handed in by `app` once per worker."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.model.ports import ChangeFeed, Clock, MailStore, Staging


@dataclass(frozen=True, slots=True)
class MailPorts:
    """Shared by all accounts of a worker."""

    store: MailStore
    staging: Staging
    feed: ChangeFeed
    clock: Clock
