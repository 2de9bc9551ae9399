"""What every test that had a server does at its end: nothing stored may be other than it must be."""

from __future__ import annotations

from postroom.app import Adapters
from postroom.model.ids import AccountId
from postroom.store.checks.consistency import check_account, check_server
from postroom.store.mail_store import FileMailStore


async def assert_consistent(adapters: Adapters) -> None:
    """The server's data and every account, contents hashed; call while the adapters are open and nothing runs."""
    found = await check_server(adapters.database, adapters.store.files, adapters.data.queue)
    assert found == []
    await assert_mail_consistent(adapters.store)


async def assert_mail_consistent(store: FileMailStore, *account_ids: AccountId) -> None:
    """These accounts, or all there are."""
    found = []
    for account_id in account_ids or store.files.account_ids():
        found += await check_account(store.files, account_id, deep=True)
    assert found == []
