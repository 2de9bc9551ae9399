"""Ports of what is known of the running server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from postroom.model.operation.health import InterfaceState, ServerState


class ServerStates(Protocol):
    def read(self) -> ServerState:
        """Raises TryLater where it is not running."""

    def disk(self) -> tuple[int, int, int]:
        """(total, used, free) octets of the disk that holds the data. Raises TryLater."""


class Interfaces(Protocol):
    def __call__(self) -> list[InterfaceState]:
        """Every network interface of this machine."""


class MailFlow(Protocol):
    def hours(self, first: int, last: int) -> dict[str, list[int]]:
        """By name, a count for each hour (Unix seconds / 3600) from `first` to `last`."""


class Counters(Protocol):
    def totals(self) -> Mapping[tuple[str, str], float]:
        """By name and labels, all processes together."""


class Inventory(Protocol):
    """Sums over the server's own database."""

    async def counts(self) -> dict[str, int]:
        """How many accounts, domains and groups there are, recipients that wait, recipients that are held."""

    def oldest_waiting(self) -> int | None:
        """When the recipient that waits longest came."""

    async def mail_size(self) -> int | None:
        """Octets of the files of all accounts, measured now and then; None before the first time."""
