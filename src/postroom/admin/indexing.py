"""The full-text index as an operator sees it: how far it is, pausing it, having it made anew (SPEC 1.4)."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from postroom.admin.operator import Operator, Scope
from postroom.admin.people.accounts import Accounts
from postroom.admin.ports.identity import Auditor
from postroom.model.administration import Listed, Selection
from postroom.model.errors import NotFound
from postroom.model.ids import AccountId
from postroom.model.operation.indexing import AccountIndex, IndexStates, IndexTotals
from postroom.settings.search import SearchSettings

PAUSED = "search.paused"


class IndexState(enum.StrEnum):
    """What the indexer does."""

    OFF = "off"
    PAUSED = "paused"
    INDEXING = "indexing"
    UP_TO_DATE = "up_to_date"


@dataclass(frozen=True, slots=True)
class IndexOverview:
    """`seconds_left` as it looks now, None where nothing waits or the pace is not known."""

    state: IndexState
    totals: IndexTotals
    seconds_left: int | None


@dataclass(frozen=True, slots=True)
class NamedIndex:
    """One account's index with its address."""

    address: str
    index: AccountIndex


class IndexingAdmin:
    """`change_settings` as SettingsAdmin.change without a version."""

    def __init__(
        self,
        states: IndexStates,
        accounts: Accounts,
        auditor: Auditor,
        settings: Callable[[], SearchSettings],
        change_settings: Callable[[Operator, dict[str, Any], int | None], Awaitable[object]],
    ) -> None:
        self._states = states
        self._accounts = accounts
        self._auditor = auditor
        self._settings = settings
        self._change_settings = change_settings

    def overview(self, operator: Operator) -> IndexOverview:
        operator.require(Scope.HEALTH_READ)
        totals = self._states.totals()
        settings = self._settings()
        if not settings.enabled:
            state = IndexState.OFF
        elif settings.paused:
            state = IndexState.PAUSED
        elif totals.waiting or totals.account_count < totals.accounts_in_all:
            state = IndexState.INDEXING
        else:
            state = IndexState.UP_TO_DATE
        left = None
        if state is IndexState.INDEXING and totals.waiting and totals.per_second:
            left = int(totals.waiting / totals.per_second) + 1
        return IndexOverview(state, totals, left)

    async def accounts(self, operator: Operator, search: str, offset: int, limit: int) -> Listed[NamedIndex]:
        """Those that wait first; with a search those whose name or address has the words, by address."""
        operator.require(Scope.HEALTH_READ)
        operator.require(Scope.ACCOUNTS_READ)
        if search:
            page = await self._accounts.page(operator, Selection(search=search, offset=offset, limit=limit))
            rows = [(view.row.account.account_id, str(view.row.account.address)) for view in page.items]
            found = [NamedIndex(address, self._state(account_id)) for account_id, address in rows]
            return Listed(found, page.total)
        states, total = self._states.accounts(offset, limit)
        named = []
        for state in states:
            try:
                view = await self._accounts.one(operator, state.account_id)
            except NotFound:
                continue  # deleted a moment ago
            named.append(NamedIndex(str(view.row.account.address), state))
        return Listed(named, total)

    def _state(self, account_id: AccountId) -> AccountIndex:
        return self._states.account(account_id) or AccountIndex(account_id, 0, 0, 0)

    async def rebuild(self, operator: Operator, account_id: AccountId | None) -> None:
        """From the messages themselves; of one account, or of all. Searches stay right meanwhile. Raises NotFound."""
        operator.require(Scope.SETTINGS_WRITE)
        subject = "all accounts"
        if account_id is not None:
            subject = str((await self._accounts.one(operator, account_id)).row.account.address)
        await self._auditor.change(operator, "index made anew", subject, lambda _: None)
        self._states.want_rebuild(account_id)

    async def pause(self, operator: Operator, *, paused: bool) -> None:
        """As the setting, so that history and undo know of it."""
        operator.require(Scope.SETTINGS_WRITE)
        if self._settings().paused != paused:
            await self._change_settings(operator, {PAUSED: paused}, None)
