"""`postroom doctor --repair`: what can be put right from the rows themselves, losing nothing that a mail program can see.

Counters are counted anew, uid_next and mod_seqs are raised (never lowered), mail that no mailbox shows is brought back (`recovery.py`), rows without content and
files that no row names are deleted. Everything else that `consistency.py` finds is for a person to decide.
"""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.model.database import Transaction
from postroom.model.ids import AccountId
from postroom.store import mailboxes
from postroom.store.checks import recovery
from postroom.store.checks.consistency import (
    CONTENT_PATHS,
    QUEUE_PATHS,
    Finding,
    check_account,
    check_server,
    unnamed_files,
)
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.files import large_content
from postroom.store.files.account_files import AccountFiles

SETTLING = 3600.0  # seconds: a younger file without a row may belong to mail that is arriving at this moment

_COUNT = (
    "UPDATE mailbox SET (message_count, unseen_count, deleted_count, size) = (SELECT count(*),"
    " count(*) FILTER (WHERE m.bits & 1 = 0), count(*) FILTER (WHERE m.bits & 8 <> 0), coalesce(sum(m.size), 0)"
    " FROM mailbox_email m WHERE m.account_id = mailbox.account_id AND m.mailbox_id = mailbox.mailbox_id)"
    " WHERE account_id = ?"
)
_COUNT_EXPUNGED = (
    "UPDATE mailbox SET expunged_count = (SELECT count(*) FROM expunged x WHERE x.account_id = mailbox.account_id"
    " AND x.mailbox_id = mailbox.mailbox_id) WHERE account_id = ?"
)
_COUNT_ACCOUNT = (
    "UPDATE account SET (message_count, size) = (SELECT count(*), coalesce(sum(m.size), 0) FROM mailbox_email m"
    " WHERE m.account_id = account.account_id) WHERE account_id = ?"
)
_RAISE = (
    "SELECT b.mailbox_id, b.uid_next, b.mod_seq, coalesce(max(m.uid), 0), coalesce(max(m.mod_seq), 0),"
    " (SELECT coalesce(max(x.uid), 0) FROM expunged x WHERE x.account_id = b.account_id AND x.mailbox_id = b.mailbox_id),"
    " (SELECT coalesce(max(x.mod_seq), 0) FROM expunged x WHERE x.account_id = b.account_id AND x.mailbox_id = b.mailbox_id)"
    " FROM mailbox b LEFT JOIN mailbox_email m ON m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id"
    " WHERE b.account_id = ? GROUP BY b.account_id, b.mailbox_id, b.uid_next, b.mod_seq"
)
_ORPHANS = (
    "SELECT email_id FROM email e WHERE e.account_id = ? AND NOT EXISTS (SELECT 1 FROM mailbox_email m"
    " WHERE m.account_id = e.account_id AND m.email_id = e.email_id) UNION SELECT email_id FROM content c"
    " WHERE c.account_id = ? AND NOT EXISTS (SELECT 1 FROM email e WHERE e.email_id = c.email_id)"
)


async def repair_account(
    files: AccountFiles, pool: ThreadPoolExecutor, account_id: AccountId, *, settling: float = SETTLING
) -> list[Finding]:
    """Put right what can be; returns what is still wrong. Raises TryLater, NotFound."""
    file = await files.get(account_id)
    folder = files.folder(account_id)
    paths = await file.write(lambda transaction: _account(transaction, account_id), heavy=True)
    paths += await file.snapshot(lambda read: unnamed_files(read, CONTENT_PATHS, folder, settling))
    await _remove(pool, folder, paths)
    return await check_account(files, account_id, settling=settling)


async def repair_server(
    database: SqliteFile,
    files: AccountFiles,
    queue_folder: Path,
    pool: ThreadPoolExecutor,
    *,
    settling: float = SETTLING,
) -> list[Finding]:
    """The same for the server's own data."""
    await database.write(
        lambda transaction: transaction.execute(
            "DELETE FROM queue_message WHERE NOT EXISTS"
            " (SELECT 1 FROM queue_recipient r WHERE r.message_id = queue_message.message_id)"
        ),
        heavy=True,
    )
    paths = await database.snapshot(lambda read: unnamed_files(read, QUEUE_PATHS, queue_folder, settling))
    await _remove(pool, queue_folder, paths)
    for half_made in files.leftovers(settling):
        await asyncio.get_running_loop().run_in_executor(pool, shutil.rmtree, half_made)
    return await check_server(database, files, queue_folder, settling=settling)


def _account(transaction: Transaction, account_id: AccountId) -> list[str]:
    """Returns the paths of contents that are gone."""
    key = (account_id,)
    recovery.recover(transaction, account_id)
    transaction.execute(
        "DELETE FROM thread_reference WHERE thread_id < 1 OR thread_id >= (SELECT next_email_id FROM account)"
    )
    orphans = [row[0] for row in transaction.execute(_ORPHANS, (account_id, account_id))]
    paths = mailboxes.remove_orphans(transaction, account_id, orphans)
    transaction.execute(
        "DELETE FROM expunged WHERE NOT EXISTS (SELECT 1 FROM mailbox b"
        " WHERE b.account_id = expunged.account_id AND b.mailbox_id = expunged.mailbox_id)"
    )
    transaction.execute(
        "DELETE FROM annotation WHERE mailbox_id <> 0 AND NOT EXISTS (SELECT 1 FROM mailbox b"
        " WHERE b.account_id = annotation.account_id AND b.mailbox_id = annotation.mailbox_id)"
    )
    transaction.execute(
        "DELETE FROM keyword WHERE NOT EXISTS (SELECT 1 FROM mailbox b"
        " WHERE b.account_id = keyword.account_id AND b.mailbox_id = keyword.mailbox_id)"
    )
    transaction.execute(_COUNT, key)
    transaction.execute(_COUNT_EXPUNGED, key)
    transaction.execute(_COUNT_ACCOUNT, key)
    highest = transaction.execute("SELECT coalesce(max(mod_seq), 0) FROM annotation WHERE account_id = ?", key)[0][0]
    for mailbox_id, uid_next, mod_seq, uid, row_mod_seq, gone_uid, gone_mod_seq in transaction.execute(_RAISE, key):
        highest = max(highest, mod_seq, row_mod_seq, gone_mod_seq)
        transaction.execute(
            "UPDATE mailbox SET uid_next = ?, mod_seq = ? WHERE account_id = ? AND mailbox_id = ?",
            (max(uid_next, uid + 1, gone_uid + 1), max(mod_seq, row_mod_seq, gone_mod_seq), account_id, mailbox_id),
        )
    transaction.execute(
        "UPDATE account SET mod_seq = ? WHERE account_id = ? AND mod_seq < ?", (highest, account_id, highest)
    )
    return paths


async def _remove(pool: ThreadPoolExecutor, folder: Path, paths: list[str]) -> None:
    if paths:
        await asyncio.get_running_loop().run_in_executor(pool, large_content.remove, folder, paths)
