"""One account's mail indexed by one process as fast as it can: prints messages, seconds, octets of the index."""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from postroom.index.extract.extractor import Extractor
from postroom.index.index_files import IndexFiles
from postroom.index.indexing import Indexing
from postroom.model.ids import AccountId, EmailId
from postroom.store.files.account_files import AccountFiles
from postroom.store.indexed_mail import FileIndexedMail


async def main() -> None:
    root, account_id = Path(sys.argv[1]) / "accounts", AccountId(int(sys.argv[2]))
    pool = ThreadPoolExecutor(2)
    accounts = AccountFiles(root, pool)
    mail = FileIndexedMail(accounts, pool)
    files = IndexFiles(mail, accounts.folder)
    indexing = Indexing(mail, files, Extractor().document, lambda: False)

    async def done(count: int) -> None:
        pass

    started = time.monotonic()
    count = 0
    above = EmailId(0)
    async with files.use(account_id) as file:
        while some := await mail.email_ids(account_id, above, 1000):
            await indexing.add(account_id, file, some, done)
            count += len(some)
            above = some[-1]
    path = files.path(account_id)
    await files.close()
    print(count, time.monotonic() - started, path.stat().st_size)
    await accounts.close()
    pool.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
