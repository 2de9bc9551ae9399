"""What the store on disk promises beyond the port: many writers, failing disks, callers that go away, handles that come and go."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import pytest

from consistency import assert_mail_consistent
from postroom.model.email import Column
from postroom.model.errors import Meaning, NotFound, TryLater
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import INBOX
from postroom.store.engines import migrations
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.files import large_content
from postroom.store.files.account_files import AccountFiles
from postroom.store.mail_store import FileMailStore
from store.adapters import ALICE, EVERYTHING, Clock, Opened
from store.mail import LARGE, arrival, message


class FailingConnection:
    """A connection whose COMMIT fails so many times, as a full or broken disk makes it."""

    def __init__(self, connection: apsw.Connection, error: type[Exception], times: int = 1) -> None:
        self._connection = connection
        self._error = error
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql == "COMMIT" and self._times:
            self._times -= 1
            raise self._error("the disk")
        return self._connection.execute(sql, *arguments)


async def break_commits(mail: Opened, error: type[Exception]) -> None:
    file = await mail.files.files.get(ALICE)
    writer = file._writer
    assert writer is not None
    writer.connection = FailingConnection(writer.connection, error)  # type: ignore[assignment] - a double


@pytest.mark.parametrize(
    ("error", "meaning"), [(apsw.FullError, Meaning.STORAGE_FULL), (apsw.IOError, Meaning.UNAVAILABLE)]
)
async def test_a_failing_commit_leaves_nothing_and_works_afterwards(
    on_disk: Opened, error: type[Exception], meaning: Meaning
) -> None:
    await on_disk.fill(2)
    before = await on_disk.mailbox()
    told = len(on_disk.notices)
    await break_commits(on_disk, error)
    large = arrival(before.mailbox_id, LARGE, path=on_disk.staged())
    with pytest.raises(TryLater) as refused:
        await on_disk.store.append(ALICE, [arrival(before.mailbox_id, message(8)), large])
    assert refused.value.meaning is meaning
    assert "the disk" not in refused.value.public
    assert await on_disk.mailbox() == before
    assert await on_disk.uids() == [1, 2]
    assert len(on_disk.notices) == told
    assert list((on_disk.files.files.folder(ALICE) / "content").glob("*/*")) == []
    (appended,) = await on_disk.store.append(ALICE, [large])
    assert appended.uid == 3


async def test_a_failing_commit_is_told_to_the_whole_batch(on_disk: Opened) -> None:
    inbox = await on_disk.mailbox_id()
    await break_commits(on_disk, apsw.FullError)
    outcomes = await asyncio.gather(
        *(on_disk.store.append(ALICE, [arrival(inbox, message(n))]) for n in range(20)), return_exceptions=True
    )
    failed = [one for one in outcomes if isinstance(one, TryLater)]
    assert failed
    assert len(await on_disk.uids()) == 20 - len(failed)


async def test_many_tasks_append_at_once(on_disk: Opened) -> None:
    inbox = await on_disk.mailbox_id()
    appended = await asyncio.gather(*(on_disk.store.append(ALICE, [arrival(inbox, message(n))]) for n in range(300)))
    assert sorted(one.uid for (one,) in appended) == list(range(1, 301))
    assert len({one.email_id for (one,) in appended}) == 300
    assert await on_disk.uids() == list(range(1, 301))
    assert len(on_disk.notices) == 300


async def test_one_refusal_in_a_batch_is_its_own(on_disk: Opened) -> None:
    inbox = await on_disk.mailbox_id()
    await on_disk.set_quota(5 * len(message(1)))
    outcomes = await asyncio.gather(
        *(on_disk.store.append(ALICE, [arrival(inbox, message(1))]) for _ in range(9)), return_exceptions=True
    )
    assert sum(isinstance(one, Exception) for one in outcomes) == 4
    assert len(await on_disk.uids()) == 5


async def test_two_processes_worth_of_writers(on_disk: Opened) -> None:
    inbox = await on_disk.mailbox_id()
    pool = ThreadPoolExecutor(4)
    other = FileMailStore(on_disk.folder / "accounts", pool, Clock(), lambda notice: None)
    try:
        stores = (on_disk.store, other)
        appended = await asyncio.gather(
            *(stores[n % 2].append(ALICE, [arrival(inbox, message(n), "$deleted")]) for n in range(60)),
        )
        assert sorted(one.uid for (one,) in appended) == list(range(1, 61))
        gone = await asyncio.gather(*(store.expunge(ALICE, inbox, None) for store in stores))
        assert sorted(gone[0][0] + gone[1][0]) == list(range(1, 61))
        assert list((await other.open_mailbox(ALICE, inbox, take_recent=False))[1]) == []
    finally:
        await other.close()
        pool.shutdown()


@pytest.mark.parametrize("turns", [0, 1, 2, 4])
async def test_a_caller_that_goes_away_leaves_all_or_nothing(on_disk: Opened, turns: int) -> None:
    inbox = await on_disk.mailbox_id()
    arrivals = [arrival(inbox, LARGE, path=on_disk.staged(f"staged-{n}")) for n in range(3)]
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(on_disk.store.append(ALICE, arrivals))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await on_disk.store.append(ALICE, [arrival(inbox, message(1))])
    assert len(await on_disk.uids()) in (1, 4)
    await asyncio.sleep(0.05)


async def test_a_cancelled_write_that_has_begun_is_done_whole(on_disk: Opened) -> None:
    inbox = await on_disk.mailbox_id()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(on_disk.store.append(ALICE, [arrival(inbox, message(n)) for n in range(5)]))
        await asyncio.sleep(0)
        task.cancel()
    await on_disk.fill(1)
    assert len(await on_disk.uids()) == 6


async def test_counters_and_uids_are_of_one_moment(on_disk: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    await on_disk.fill(3)
    inbox = await on_disk.mailbox_id()
    file = await on_disk.files.files.get(ALICE)
    read, other = file.read, apsw.Connection(str(file.path))
    changes = ["one"]

    def between(sql: str, parameters: Any = ()) -> Any:
        if changes and sql.startswith("SELECT uid "):
            changes.clear()
            with other:
                (size,) = other.execute(
                    "DELETE FROM mailbox_email WHERE mailbox_id = ? AND uid = 1 RETURNING size", (inbox,)
                ).fetchone()
                other.execute("UPDATE account SET mod_seq = mod_seq + 1, size = size - ?, message_count = 2", (size,))
                other.execute(
                    "UPDATE mailbox SET mod_seq = (SELECT mod_seq FROM account), message_count = 2, unseen_count = 2,"
                    " size = size - ? WHERE mailbox_id = ?",
                    (size, inbox),
                )
                other.execute("DELETE FROM content WHERE email_id = 1")
                other.execute("DELETE FROM email WHERE email_id = 1")
        return read(sql, parameters)

    monkeypatch.setattr(file, "read", between)
    mailbox, uids = await on_disk.store.open_mailbox(ALICE, inbox, take_recent=False)
    assert mailbox.message_count == len(uids) == 2
    other.close()


@pytest.fixture
def make_files(tmp_path: Path) -> Any:
    pool = ThreadPoolExecutor(2)
    yield lambda max_open: AccountFiles(tmp_path, pool, max_open=max_open)
    pool.shutdown()


async def test_handles_are_bounded_and_come_back(make_files: Callable[[int], AccountFiles]) -> None:
    files = make_files(3)
    opened = [await files.create(AccountId(n)) for n in range(10)]
    assert len(files._open) == 3
    assert files.account_ids() == [AccountId(n) for n in range(10)]
    for n, file in enumerate(opened):
        await file.write(
            lambda transaction, n=n: transaction.execute("INSERT INTO subscription VALUES (1, ?)", (f"{n}",))
        )
        again = await files.get(AccountId(n))
        assert again.read("SELECT name FROM subscription") == [(f"{n}",)]
    assert len(files._open) <= 3
    await files.close()
    for file in opened:
        file.close()


async def test_a_busy_handle_is_not_closed(make_files: Callable[[int], AccountFiles]) -> None:
    files = make_files(1)
    busy = await files.create(AccountId(1))
    may_end = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        write = tasks.create_task(busy.write(lambda transaction: may_end.wait(10), heavy=True))
        await asyncio.sleep(0)
        assert not busy.is_idle
        await files.create(AccountId(2))
        assert await files.get(AccountId(1)) is busy
        may_end.set()
    assert write.result() is True
    await files.create(AccountId(3))
    assert len(files._open) == 1
    await files.close()


async def test_a_cancelled_scan_keeps_its_connection_until_it_is_done(
    make_files: Callable[[int], AccountFiles],
) -> None:
    files = make_files(1)
    file = await files.create(AccountId(1))
    begun, may_end = threading.Event(), threading.Event()

    def work(read: Any) -> None:
        begun.set()
        may_end.wait(10)
        read("SELECT 1", ())

    async with asyncio.TaskGroup() as tasks:
        scan = tasks.create_task(file.snapshot(work))
        await asyncio.to_thread(begun.wait, 10)
        scan.cancel()
        await asyncio.sleep(0)
        assert not file.is_idle
        other = tasks.create_task(file.scan("SELECT 2"))
        await asyncio.sleep(0)
        assert not other.done()
        may_end.set()
    assert scan.cancelled()
    assert other.result() == [(2,)]
    await files.close()


async def test_two_who_open_at_once_share_the_handle(make_files: Callable[[int], AccountFiles]) -> None:
    files = make_files(5)
    await files.create(AccountId(1))
    await files.close()
    first, second, third = await asyncio.gather(*(files.get(AccountId(1)) for _ in range(3)))
    assert first is second is third
    for outcome in await asyncio.gather(*(files.get(AccountId(2)) for _ in range(2)), return_exceptions=True):
        assert isinstance(outcome, NotFound)
    assert not files.folder(AccountId(2)).exists()
    await files.close()


@pytest.mark.parametrize("empty", [False, True])
async def test_a_lost_file_is_not_made_anew(make_files: Callable[[int], AccountFiles], empty: bool) -> None:
    files = make_files(5)
    file = await files.create(AccountId(1))
    await files.close()
    for path in file.path.parent.glob("mail.sqlite*"):
        path.unlink()
    if empty:
        file.path.touch()
    for open_it in (files.get, files.create):
        with pytest.raises(TryLater) as refused:
            await open_it(AccountId(1))
        assert "restore it from a backup" in refused.value.detail
    if not empty:
        with pytest.raises(TryLater):
            file.read("SELECT 1")
        assert not file.path.exists()


async def test_an_account_comes_into_being_whole(
    make_files: Callable[[int], AccountFiles], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = make_files(5)
    with pytest.raises(NotFound):
        await files.get(AccountId(1))

    def killed(self: SqliteFile, *, must_exist: bool) -> None:
        assert not files.folder(AccountId(1)).exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(SqliteFile, "open", killed)
        files._make(AccountId(1))
    assert files.account_ids() == []
    assert files.leftovers(3600.0) == []
    assert [path.name.startswith("new-1-") for path in files.leftovers(0.0)] == [True]
    await files.create(AccountId(1))
    assert files.account_ids() == [AccountId(1)]
    await files.close()


async def test_two_processes_make_an_account(make_files: Callable[[int], AccountFiles]) -> None:
    one, other = make_files(5), make_files(5)
    await asyncio.gather(*(files.create(AccountId(1)) for files in (one, other, one, other)))
    assert one.leftovers(0.0) == []
    await one.close()
    await other.close()


async def test_the_folder_of_all_accounts_is_not_made_anew(tmp_path: Path) -> None:
    """A disk that was not mounted must not give everybody an empty mailbox with new UIDs."""
    pool = ThreadPoolExecutor(2)
    root = tmp_path / "accounts"
    files = AccountFiles(root, pool)
    await files.create(AccountId(1))
    await files.close()
    root.rename(tmp_path / "elsewhere")
    for made in (False, True):
        if made:
            root.mkdir()
        with pytest.raises(TryLater) as refused:
            await files.create(AccountId(1))
        assert "held accounts and is empty" in refused.value.detail
    assert list(root.iterdir()) == []
    root.rmdir()
    (tmp_path / "elsewhere").rename(root)
    await files.get(AccountId(1))
    await files.create(AccountId(2))
    await files.close()
    pool.shutdown()


async def test_a_content_that_cannot_be_linked(on_disk: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = await on_disk.mailbox_id()

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(large_content, "adopt", full)
    with pytest.raises(TryLater) as refused:
        await on_disk.store.append(ALICE, [arrival(inbox, LARGE, path=on_disk.staged())])
    assert refused.value.meaning is Meaning.STORAGE_FULL


async def test_a_content_whose_file_is_lost_costs_that_message(on_disk: Opened) -> None:
    mailbox = await on_disk.mailbox(INBOX)
    await on_disk.store.append(ALICE, [arrival(mailbox.mailbox_id, LARGE, path=on_disk.staged())])
    ((path,),) = await on_disk.store.fetch(ALICE, mailbox.mailbox_id, EVERYTHING, (Column.CONTENT_PATH,))
    full = on_disk.files.files.folder(ALICE) / path
    full.rename(full.with_suffix(".away"))
    with pytest.raises(TryLater):
        await on_disk.store.read_content(ALICE, path, 0, 10)
    full.with_suffix(".away").rename(full)


async def test_an_account_of_the_first_version_is_opened(tmp_path: Path) -> None:
    """Its expunged messages are counted, and its first unseen message is found."""
    folder = tmp_path / "accounts"
    account = folder / f"{ALICE % 256:02x}" / str(ALICE)
    account.mkdir(parents=True)
    number, first = migrations.migrations("account")[0]
    old = apsw.Connection(str(account / "mail.sqlite"))
    old.execute(first)
    old.execute(f"PRAGMA user_version = {number:d}")
    old.execute("INSERT INTO account VALUES (7, 9, 2, 1, 6, NULL, 0, 0)")
    old.execute("INSERT INTO mailbox VALUES (7, 1, 'INBOX', 'inbox', 5, 4, 1, 0, 0, 0, 0, 9)")
    old.execute("INSERT INTO expunged VALUES (7, 1, 8, 1), (7, 1, 9, 3)")
    old.close()
    pool = ThreadPoolExecutor(2)
    store = FileMailStore(folder, pool, Clock(), lambda notice: None)
    try:
        changes = await store.changes_since(ALICE, MailboxId(1), 8)
        assert (changes.expunged, changes.is_complete) == ([3], True)
        assert await store.first_unseen(ALICE, MailboxId(1)) is None
        await store.append(ALICE, [arrival(MailboxId(1), message(n), *["$seen"][n:]) for n in range(2)])
        assert await store.first_unseen(ALICE, MailboxId(1)) == 5
        await assert_mail_consistent(store)
    finally:
        await store.close()
        pool.shutdown()
