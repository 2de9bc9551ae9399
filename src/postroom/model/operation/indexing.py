"""How far the full-text index is: what the follower writes down, and what an operator asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from postroom.model.ids import AccountId


@dataclass(frozen=True, slots=True)
class AccountIndex:
    """One account's index: messages in it, messages that wait (new ones, and those to be indexed again), octets of its file on disk."""

    account_id: AccountId
    indexed: int
    waiting: int
    size: int


@dataclass(frozen=True, slots=True)
class IndexTotals:
    """Over all accounts looked at so far; `account_count` of `accounts_in_all`. `per_second`: messages indexed a second of late."""

    account_count: int
    accounts_in_all: int
    accounts_waiting: int
    indexed: int
    waiting: int
    size: int
    per_second: float


class IndexStates(Protocol):
    """What an operator sees and wants; shared by the processes of a running server. Every method may raise TryLater."""

    def totals(self) -> IndexTotals: ...

    def account(self, account_id: AccountId) -> AccountIndex | None:
        """None for one that was not looked at yet."""

    def accounts(self, start: int, limit: int) -> tuple[list[AccountIndex], int]:
        """Those that wait first, by how much; and how many there are in all."""

    def want_rebuild(self, account_id: AccountId | None) -> None:
        """Index anew from the messages themselves: one account, or all for None."""


class IndexProgress(Protocol):
    """The same, as the follower writes it down. Every method may raise TryLater."""

    def note(self, states: Sequence[AccountIndex]) -> None:
        """The follower looked at these."""

    def note_pace(self, accounts_in_all: int, per_second: float) -> None:
        """The follower's own: how many accounts there are, how fast it is."""

    def forget(self, account_id: AccountId) -> None:
        """The account is gone."""

    def forget_others(self, account_ids: Sequence[AccountId]) -> None:
        """Only these accounts are there."""

    def take_rebuilds(self) -> list[AccountId | None]:
        """What was wanted since the last call; the follower sees to it."""
