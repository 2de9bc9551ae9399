"""The mail of accounts as the full-text index reads it: by email, not by mailbox (model.text_index.IndexedMail)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from postroom.model.database import Row
from postroom.model.ids import AccountId, EmailId, MailboxId
from postroom.model.text_index import StoredEmail
from postroom.store.engines.sqlite import translated
from postroom.store.files.account_files import AccountFiles
from postroom.store.files.large_content import read_range

_AT_ONCE = 500  # emails named in one statement
_LAST_SQL = "SELECT next_email_id - 1 FROM account WHERE account_id = ?"
_IDS_SQL = (
    # the hint as for emails.FIRST_UNSEEN_SQL
    "SELECT DISTINCT email_id FROM mailbox_email INDEXED BY mailbox_email_email"
    " WHERE account_id = ? AND email_id > ?{} ORDER BY email_id LIMIT ?"
)
_STORED_SQL = (
    "SELECT e.email_id, e.blob_id, c.prefix, e.size, c.data, c.path FROM email e"
    " JOIN content c ON c.account_id = e.account_id AND c.email_id = e.email_id"
    " WHERE e.account_id = ? AND e.email_id IN ({}) ORDER BY e.email_id"
)


class FileIndexedMail:
    """Over the files that a mail store has open."""

    def __init__(self, files: AccountFiles, pool: ThreadPoolExecutor) -> None:
        self._files = files
        self._pool = pool

    async def last_email_id(self, account_id: AccountId) -> int:
        file = await self._files.get(account_id)
        rows = file.read(_LAST_SQL, (account_id,))
        return int(rows[0][0]) if rows else 0

    async def email_ids(
        self, account_id: AccountId, above: int, most: int, mailbox_id: MailboxId | None = None
    ) -> list[EmailId]:
        file = await self._files.get(account_id)
        if mailbox_id is None:
            rows = await file.scan(_IDS_SQL.format(""), (account_id, above, most))
        else:
            sql = _IDS_SQL.format(" AND mailbox_id = ?")
            rows = await file.scan(sql, (account_id, above, mailbox_id, most))
        return [EmailId(row[0]) for row in rows]

    async def stored(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> list[StoredEmail]:
        file = await self._files.get(account_id)
        found: list[Row] = []
        for at in range(0, len(email_ids), _AT_ONCE):
            some = email_ids[at : at + _AT_ONCE]
            found += await file.scan(_STORED_SQL.format(", ".join("?" * len(some))), (account_id, *some))
        return [StoredEmail(*row) for row in found]

    async def read_content(self, account_id: AccountId, path: str, start: int, end: int) -> bytes:
        whole = self._files.folder(account_id) / path
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, read_range, whole, start, end)
        except OSError as error:
            raise translated(error, str(whole)) from error

    async def removed(self, account_id: AccountId, most: int) -> list[EmailId]:
        file = await self._files.get(account_id)
        sql = "SELECT email_id FROM removed_email WHERE account_id = ? ORDER BY email_id LIMIT ?"
        return [EmailId(row[0]) for row in file.read(sql, (account_id, most))]

    async def forget_removed(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> None:
        file = await self._files.get(account_id)
        gone = [(account_id, email_id) for email_id in email_ids]
        sql = "DELETE FROM removed_email WHERE account_id = ? AND email_id = ?"
        await file.write(lambda transaction: transaction.execute_many(sql, gone))
