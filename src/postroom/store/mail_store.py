"""FileMailStore: the MailStore port over one database file per account.

It joins the parts: handles (`account_files`), operations inside a transaction (`mailboxes`, `append`, `changing`), large contents, and the notice that
goes out after each commit.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import structlog

from postroom.model.annotation import AnnotationMark
from postroom.model.database import Read, Transaction
from postroom.model.email import (
    Appended,
    Arrival,
    Changed,
    ChangeNotice,
    Column,
    Copied,
    KeywordChange,
    MailboxChanges,
    Usage,
)
from postroom.model.errors import Meaning, NotFound, TryLater
from postroom.model.ids import AccountId, EmailId, MailboxId
from postroom.model.keywords import DELETED
from postroom.model.mailbox import INBOX, Mailbox, MailboxRole
from postroom.model.ports import Clock, Ranges
from postroom.store import annotating, append, changing, emails, known_keywords, mailboxes, uid_lists
from postroom.store.engines.sqlite import SqliteFile, translated
from postroom.store.files import large_content
from postroom.store.files.account_files import AccountFiles
from postroom.store.files.reserve import Reserve

log = structlog.get_logger()
T = TypeVar("T")

_HEAVY_ROWS = 300  # above, an operation leaves the loop: about 2 ms of statements
_MANY_CHANGES = 2000  # messages changed since a client looked; above, they are read off the loop: about 4 ms
_MOD_SEQ = "SELECT mod_seq FROM account WHERE account_id = ?"
_FEW_EMAILS = 500  # that are looked up on the loop: half a millisecond
_LONG_LIST = 20_000  # UIDs; above, the list is read off the loop: about 5 ms


class FileMailStore:
    """See model.ports.MailStore."""

    def __init__(
        self,
        root: Path,
        pool: ThreadPoolExecutor,
        clock: Clock,
        publish: Callable[[ChangeNotice], None],
        reserve: Reserve | None = None,
    ) -> None:
        self.files = AccountFiles(root, pool, reserve=reserve)
        self._reserve = reserve
        self._pool = pool
        self._clock = clock
        self._publish = publish
        self._uid_lists = uid_lists.UidLists()

    async def prepare_account(self, account_id: AccountId) -> None:
        file = await self.files.create(account_id)
        now = self._clock.now()
        await file.write(lambda transaction: mailboxes.prepare(transaction, account_id, now))

    async def set_quota(self, account_id: AccountId, quota: int | None) -> None:
        file = await self.files.get(account_id)
        await file.write(
            lambda transaction: transaction.execute(
                "UPDATE account SET quota = ? WHERE account_id = ?", (quota, account_id)
            )
        )

    async def remove_account(self, account_id: AccountId) -> None:
        await self.files.remove(account_id)

    async def close(self) -> None:
        """Close every handle; nothing may be running."""
        await self.files.close()

    async def mailboxes(self, account_id: AccountId) -> list[Mailbox]:
        return mailboxes.all_mailboxes((await self.files.get(account_id)).read, account_id)

    async def mailbox(self, account_id: AccountId, name: str) -> Mailbox | None:
        return mailboxes.find((await self.files.get(account_id)).read, account_id, name)

    async def mailbox_with_role(self, account_id: AccountId, role: MailboxRole) -> Mailbox | None:
        return mailboxes.find_by_role((await self.files.get(account_id)).read, account_id, role)

    async def mailbox_by_id(self, account_id: AccountId, mailbox_id: MailboxId) -> Mailbox | None:
        return mailboxes.find_by_id((await self.files.get(account_id)).read, account_id, mailbox_id)

    async def create_mailbox(self, account_id: AccountId, name: str, role: MailboxRole | None = None) -> Mailbox:
        return await self._change(account_id, lambda transaction: mailboxes.create(transaction, account_id, name, role))

    async def rename_mailbox(self, account_id: AccountId, name: str, new_name: str) -> None:
        if name == INBOX:
            await self._change(
                account_id, lambda transaction: self._empty_inbox(transaction, account_id, new_name), heavy=True
            )
        else:
            # it may have 10,000 below it
            await self._change(
                account_id, lambda transaction: mailboxes.rename(transaction, account_id, name, new_name), heavy=True
            )

    def _empty_inbox(self, transaction: Transaction, account_id: AccountId, new_name: str) -> None:
        inbox = mailboxes.require(transaction, account_id, INBOX)
        target = mailboxes.create(transaction, account_id, new_name, None)
        everything = ((1, append.MAX_UID),)
        annotating.copy(transaction, account_id, inbox.mailbox_id, target.mailbox_id)
        changing.move(transaction, account_id, inbox.mailbox_id, everything, target.mailbox_id, self._clock.now())

    async def delete_mailbox(self, account_id: AccountId, name: str) -> None:
        _, paths = await self._change(
            account_id, lambda transaction: mailboxes.delete(transaction, account_id, name), heavy=True
        )
        await self._remove_files(account_id, paths)

    async def subscriptions(self, account_id: AccountId) -> list[str]:
        file = await self.files.get(account_id)
        return [
            row[0]
            for row in file.read("SELECT name FROM subscription WHERE account_id = ? ORDER BY name", (account_id,))
        ]

    async def set_subscribed(self, account_id: AccountId, name: str, subscribed: bool) -> None:
        await self._change(
            account_id,
            lambda transaction: mailboxes.set_subscribed(transaction, account_id, name, subscribed=subscribed),
        )

    async def annotations(self, account_id: AccountId, mailbox_id: MailboxId | None) -> dict[str, bytes]:
        file = await self.files.get(account_id)
        return annotating.of_mailbox(file.read, account_id, mailbox_id or annotating.OF_ACCOUNT)

    async def annotation_marks(self, account_id: AccountId) -> list[AnnotationMark]:
        return annotating.marks((await self.files.get(account_id)).read, account_id)

    async def set_annotations(
        self, account_id: AccountId, mailbox_id: MailboxId | None, values: Mapping[str, bytes | None]
    ) -> None:
        of = mailbox_id or annotating.OF_ACCOUNT
        await self._change(account_id, lambda transaction: annotating.change(transaction, account_id, of, values))

    async def append(self, account_id: AccountId, arrivals: Sequence[Arrival]) -> list[Appended]:
        file = await self.files.get(account_id)
        if not arrivals:
            return []
        now = self._clock.now()
        mailbox_ids = tuple({int(arrival.mailbox_id) for arrival in arrivals})
        placed: list[tuple[Arrival, str | None]] = []

        def operation(transaction: Transaction) -> list[Appended]:
            appended = append.append(transaction, account_id, placed, now)
            notice = ChangeNotice(account_id, appended[-1].mod_seq, mailbox_ids)
            transaction.after_commit(lambda: self._publish(notice))
            return appended

        try:
            for arrival in arrivals:
                placed.append((arrival, await self._adopt(account_id, arrival.content.path)))
        except BaseException:
            await self._remove_files(account_id, [path for _, path in placed if path is not None])
            raise
        try:
            return await file.write(operation, heavy=len(arrivals) > _HEAVY_ROWS)
        except Exception:
            # a caller that was merely cancelled does not come here: its batch may still commit, and the files belong to it
            await self._remove_files(account_id, [path for _, path in placed if path is not None])
            raise

    async def replace(self, account_id: AccountId, mailbox_id: MailboxId, uid: int, arrival: Arrival) -> Appended:
        now = self._clock.now()
        path = await self._adopt(account_id, arrival.content.path)
        try:
            appended, paths = await self._change(
                account_id,
                lambda transaction: changing.replace(transaction, account_id, (mailbox_id, uid), arrival, path, now),
                mailbox_ids=tuple(dict.fromkeys((mailbox_id, arrival.mailbox_id))),
                adds=True,
            )
        except Exception:
            # as in append: one that was merely cancelled may still commit
            await self._remove_files(account_id, [path] if path is not None else [])
            raise
        await self._remove_files(account_id, paths)
        return appended

    async def _adopt(self, account_id: AccountId, staged: str | None) -> str | None:
        """Link a staged file into the account's folder. A caller that is cancelled meanwhile leaves no link behind."""
        if staged is None:
            return None
        folder = self.files.folder(account_id)
        future = self._pool.submit(large_content.adopt, staged, folder)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            future.add_done_callback(lambda done: _undo_adopt(done, folder))
            raise
        except OSError as error:
            raise translated(error, staged) from error

    async def open_mailbox(
        self, account_id: AccountId, mailbox_id: MailboxId, *, take_recent: bool
    ) -> tuple[Mailbox, array[int]]:
        file = await self.files.get(account_id)
        mailbox, uids = await self._snapshot(file, account_id, mailbox_id)
        if take_recent and mailbox.first_recent_uid < mailbox.uid_next:
            try:
                first = await self.take_recent(account_id, mailbox_id, mailbox.uid_next)
                mailbox = replace(mailbox, first_recent_uid=first)
            except TryLater as error:
                # a mailbox that can't be written to can be read; the marks stay for the next one who opens it
                log.warning("recent marks not taken", account=account_id, reason=error.detail or error.public)
        return mailbox, uids

    async def _snapshot(
        self, file: SqliteFile, account_id: AccountId, mailbox_id: MailboxId
    ) -> tuple[Mailbox, array[int]]:
        """Counters and UIDs of one moment: read again where another process changed the mailbox between the two reads."""
        parameters = (account_id, mailbox_id, append.MAX_UID + 1)
        mailbox = mailboxes.find_by_id(file.read, account_id, mailbox_id)
        if mailbox is not None and mailbox.message_count >= uid_lists.SMALLEST:
            known = self._up_to_date(file, account_id, mailbox)
            if known is not None:
                return known
        while mailbox is not None:
            if mailbox.message_count > _LONG_LIST:
                uids = emails.uids(await file.scan(emails.UIDS_SQL, parameters))
            else:
                uids = emails.uids(file.read(emails.UIDS_SQL, parameters))
            looked, mailbox = mailbox, mailboxes.find_by_id(file.read, account_id, mailbox_id)
            if mailbox is not None and mailbox.mod_seq == looked.mod_seq:
                self._uid_lists.keep(account_id, looked, uids)
                return looked, uids
        raise mailboxes.no_such_mailbox()

    def _up_to_date(
        self, file: SqliteFile, account_id: AccountId, mailbox: Mailbox
    ) -> tuple[Mailbox, array[int]] | None:
        """From the list of the last opening, where what happened since is short and nothing happens meanwhile."""
        found = self._uid_lists.find(account_id, mailbox)
        if found is None:
            return None
        mod_seq, uids = found
        if mod_seq != mailbox.mod_seq:
            changes = emails.changes_since(file.read, account_id, mailbox.mailbox_id, mod_seq, _MANY_CHANGES)
            if changes is None or not changes.is_complete or changes.mod_seq != mailbox.mod_seq:
                return None
            uids = uid_lists.updated(uids, changes)
        if len(uids) != mailbox.message_count:
            return None
        self._uid_lists.keep(account_id, mailbox, uids)
        return mailbox, uids

    async def keywords(self, account_id: AccountId, mailbox_id: MailboxId) -> list[str]:
        return known_keywords.names((await self.files.get(account_id)).read, account_id, mailbox_id)

    async def first_unseen(self, account_id: AccountId, mailbox_id: MailboxId) -> int | None:
        file = await self.files.get(account_id)
        rows = file.read(emails.FIRST_UNSEEN_SQL, (account_id, mailbox_id))
        return rows[0][0] if rows else None

    async def marked(
        self, account_id: AccountId, mailbox_id: MailboxId, required: int, forbidden: int
    ) -> list[tuple[int, int]]:
        file = await self.files.get(account_id)
        mailbox = mailboxes.find_by_id(file.read, account_id, mailbox_id)
        if mailbox is None:
            return []
        key = (account_id, mailbox_id, required, required, forbidden)
        is_long = mailbox.message_count > _LONG_LIST
        rows = await file.scan(emails.MARKED_SQL, key) if is_long else file.read(emails.MARKED_SQL, key)
        return [(uid, mod_seq) for uid, mod_seq in rows]

    async def members(self, account_id: AccountId, mailbox_id: MailboxId, email_ids: Sequence[EmailId]) -> list[int]:
        file = await self.files.get(account_id)
        key = (account_id, mailbox_id)

        def look_up(read: Read) -> list[int]:
            found: list[int] = []
            for at in range(0, len(email_ids), emails.AT_ONCE):
                some = email_ids[at : at + emails.AT_ONCE]
                found += [uid for uid, _ in read(emails.members_sql(len(some)), (*key, *some))]
            return sorted(found)

        return look_up(file.read) if len(email_ids) <= _FEW_EMAILS else await file.snapshot(look_up)

    async def newest_emails(
        self, account_id: AccountId, below: int, most: int, mailbox_ids: Collection[MailboxId] | None = None
    ) -> list[EmailId]:
        file = await self.files.get(account_id)
        if mailbox_ids is not None and not mailbox_ids:
            return []
        among = sorted(mailbox_ids or ())
        rows = await file.scan(emails.newest_sql(len(among)), (account_id, below, *among, most))
        return [EmailId(row[0]) for row in rows]

    async def memberships(
        self, account_id: AccountId, email_ids: Sequence[EmailId], columns: tuple[Column, ...]
    ) -> list[tuple[Any, ...]]:
        file = await self.files.get(account_id)
        found: list[tuple[Any, ...]] = []
        wanted = sorted(set(email_ids), reverse=True)
        for at in range(0, len(wanted), emails.AT_ONCE):
            some = wanted[at : at + emails.AT_ONCE]
            found += file.read(emails.memberships_sql(columns, len(some)), (account_id, *some))
        return found

    async def deleted_size(self, account_id: AccountId, mailbox_id: MailboxId) -> int:
        file = await self.files.get(account_id)
        rows = await file.scan(emails.DELETED_SIZE_SQL, (account_id, mailbox_id, DELETED))
        return int(rows[0][0])

    async def take_recent(self, account_id: AccountId, mailbox_id: MailboxId, below: int) -> int:
        file = await self.files.get(account_id)
        first = mailboxes.first_recent_uid(file.read, account_id, mailbox_id)
        if first >= below:  # of many sessions that hear of an arrival one writes
            return first
        return await file.write(lambda transaction: mailboxes.take_recent(transaction, account_id, mailbox_id, below))

    async def fetch(
        self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, columns: tuple[Column, ...]
    ) -> list[tuple[Any, ...]]:
        file = await self.files.get(account_id)
        sql = emails.fetch_sql(columns)
        if len(ranges) == 1:
            return file.read(sql, (account_id, mailbox_id, *ranges[0]))
        return [row for low, high in ranges for row in file.read(sql, (account_id, mailbox_id, low, high))]

    async def changes_since(self, account_id: AccountId, mailbox_id: MailboxId, mod_seq: int) -> MailboxChanges:
        file = await self.files.get(account_id)
        found = emails.changes_since(file.read, account_id, mailbox_id, mod_seq, _MANY_CHANGES)
        if found is not None:
            return found
        mailbox = mailboxes.find_by_id(file.read, account_id, mailbox_id)
        if mailbox is None:
            raise mailboxes.no_such_mailbox()
        key = (account_id, mailbox_id, mod_seq, emails.ALL)
        changed = await file.scan(emails.CHANGED_SQL, key)
        expunged = await file.scan(emails.EXPUNGED_SQL, key)
        keywords = known_keywords.names(file.read, account_id, mailbox_id, mod_seq)
        return emails.changes_of(mailbox, mod_seq, changed, expunged, keywords)

    async def change_keywords(
        self,
        account_id: AccountId,
        mailbox_id: MailboxId,
        ranges: Ranges,
        change: KeywordChange,
        unchanged_since: int | None = None,
    ) -> Changed:
        return await self._change(
            account_id,
            lambda transaction: changing.change_keywords(
                transaction, account_id, mailbox_id, ranges, change, unchanged_since
            ),
            mailbox_ids=(mailbox_id,),
            heavy=_is_heavy(ranges),
        )

    async def expunge(
        self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges | None
    ) -> tuple[list[int], int]:
        uids, mod_seq, paths = await self._change(
            account_id,
            lambda transaction: changing.expunge(transaction, account_id, mailbox_id, ranges),
            mailbox_ids=(mailbox_id,),
            heavy=ranges is None or _is_heavy(ranges),
        )
        await self._remove_files(account_id, paths)
        return uids, mod_seq

    async def copy(self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId) -> Copied:
        now = self._clock.now()
        return await self._change(
            account_id,
            lambda transaction: changing.copy(transaction, account_id, mailbox_id, ranges, target, now),
            mailbox_ids=(target,),
            heavy=_is_heavy(ranges),
            adds=True,
        )

    async def move(self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId) -> Copied:
        now = self._clock.now()
        return await self._change(
            account_id,
            lambda transaction: changing.move(transaction, account_id, mailbox_id, ranges, target, now),
            mailbox_ids=(mailbox_id, target),
            heavy=_is_heavy(ranges),
        )

    async def usage(self, account_id: AccountId) -> Usage:
        file = await self.files.get(account_id)
        rows = file.read("SELECT size, message_count, quota FROM account WHERE account_id = ?", (account_id,))
        if not rows:
            raise NotFound("this account has no mail store")
        return Usage(*rows[0])

    async def read_content(self, account_id: AccountId, path: str, start: int, end: int) -> bytes:
        """A range of a large content. Raises TryLater when its file can't be read: this message only."""
        return await self._run(large_content.read_range, self.files.folder(account_id) / path, start, end)

    async def _change(
        self,
        account_id: AccountId,
        operation: Callable[[Transaction], T],
        *,
        mailbox_ids: tuple[MailboxId, ...] = (),
        heavy: bool = False,
        adds: bool = False,
    ) -> T:
        """What adds no mail may use the reserve when the disk is full."""
        file = await self.files.get(account_id)

        def announced(transaction: Transaction) -> T:
            before = transaction.execute(_MOD_SEQ, (account_id,))
            result = operation(transaction)
            after = transaction.execute(_MOD_SEQ, (account_id,))
            if after != before:
                notice = ChangeNotice(account_id, after[0][0], mailbox_ids)
                transaction.after_commit(lambda: self._publish(notice))
            return result

        try:
            return await file.write(announced, heavy=heavy)
        except TryLater as error:
            if error.meaning is not Meaning.STORAGE_FULL or self._reserve is None or adds:
                raise
        await self._run(self._reserve.release)
        return await file.write(announced, heavy=heavy)

    async def _remove_files(self, account_id: AccountId, paths: list[str]) -> None:
        if paths:
            await self._run(large_content.remove, self.files.folder(account_id), paths)

    async def _run(self, function: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        except OSError as error:
            raise translated(error, str(arguments[0] if arguments else function)) from error


def _is_heavy(ranges: Ranges) -> bool:
    return len(ranges) > _HEAVY_ROWS or sum(high - low + 1 for low, high in ranges) > _HEAVY_ROWS


def _undo_adopt(done: Future[str], folder: Path) -> None:
    if not done.cancelled() and done.exception() is None:
        large_content.remove(folder, [done.result()])
