"""A backup of a server at work, and a server made from it: whole, consistent, with new UIDVALIDITYs and a held queue."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consistency import assert_consistent
from postroom.admin.operator import Operator
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.app.operating import backups
from postroom.directory import changes
from postroom.model.account import Role
from postroom.model.address import parse_address
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.errors import Conflict, Malformed, NotFound, TryLater
from postroom.model.ids import AccountId
from postroom.model.mailbox import MailboxRole
from postroom.store.backup import archive as archive_module
from postroom.store.backup.archive import MANIFEST, BackupFolder, Layout
from postroom.store.backup.restore import restore
from store.mail import LARGE, arrival, message

ME = Operator("test")
NOW = 1_900_000_000


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Adapters]:
    adapters = build_adapters(DataFolder(tmp_path / "data"), must_exist=False)
    for part in (adapters.data.queue, adapters.data.certificates):
        part.mkdir(exist_ok=True)
    await adapters.database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    proof = changes.credential("alice-password")
    for name in ("alice", "bob"):
        address = parse_address(f"{name}@example.test")
        account_id = await adapters.database.write(
            lambda transaction, address=address: changes.add_account(transaction, address, proof, Role.USER, "", 0)  # type: ignore[misc]
        )
        await adapters.store.prepare_account(account_id)
    yield adapters
    await adapters.close()


def folder_of(adapters: Adapters) -> BackupFolder:
    data = adapters.data
    return BackupFolder(Layout(data.database, data.accounts, data.queue, data.certificates, data.backups))


async def fill(adapters: Adapters, number: int, content: bytes) -> None:
    inbox = await adapters.store.mailbox_with_role(AccountId(1), MailboxRole.INBOX)
    assert inbox is not None
    staged = adapters.staging.start()
    staged.write(content)
    kept = await staged.finish()
    one = arrival(inbox.mailbox_id, message(number))
    await adapters.store.append(
        AccountId(1), [type(one)(inbox.mailbox_id, kept, one.summary, one.received_at, one.source)]
    )
    staged.discard()


async def opened(folder: Path) -> Adapters:
    return build_adapters(DataFolder(folder))


async def test_what_was_there_is_there_again(server: Adapters, tmp_path: Path) -> None:
    await fill(server, 1, message(1))
    await fill(server, 2, LARGE)
    staged = server.staging.start()
    staged.write(LARGE)
    recipient = EnvelopeRecipient(parse_address("x@far.test"))
    await server.queue.enqueue(Envelope(None, (recipient,)), await staged.finish(), b"")
    before = {box.name: box for box in await server.store.mailboxes(AccountId(1))}
    made = await backups(server).make(ME, lambda done, total, text: None)
    await fill(server, 3, message(3))
    path = server.data.backups / f"{made['name']}.tar"
    assert path.stat().st_mode & 0o077 == 0
    assert restore(path, tmp_path / "again", NOW, lambda name: None) == 2
    again = await opened(tmp_path / "again")
    try:
        await assert_consistent(again)
        assert (await again.store.usage(AccountId(1))).message_count == 2
        after = {box.name: box for box in await again.store.mailboxes(AccountId(1))}
        assert {name: box.message_count for name, box in after.items()} == {
            name: box.message_count for name, box in before.items()
        }
        assert all(after[name].uid_validity > before[name].uid_validity for name in before)
        assert len({box.uid_validity for box in after.values()}) == len(after)
        (item,) = await again.queue.items()
        assert item.is_held, "it may have been sent since"
        assert (await again.directory.authenticate("alice@example.test", "alice-password")).account_id == 1
    finally:
        await again.close()


async def test_mail_that_comes_and_goes_meanwhile_leaves_the_copy_whole(server: Adapters, tmp_path: Path) -> None:
    for number in range(5):
        await fill(server, number, LARGE + bytes(str(number), "ascii"))
    stop = asyncio.Event()

    async def churn() -> int:
        count = 0
        inbox = await server.store.mailbox_with_role(AccountId(1), MailboxRole.INBOX)
        assert inbox is not None
        from postroom.model.email import KeywordChange
        from postroom.model.keywords import Keywords

        deleted = KeywordChange(KeywordChange.Action.ADD, Keywords.of(("$deleted",)))
        while not stop.is_set():
            count += 1
            await fill(server, count, LARGE + bytes(f"churn {count}", "ascii"))
            _, uids = await server.store.open_mailbox(AccountId(1), inbox.mailbox_id, take_recent=False)
            await server.store.change_keywords(AccountId(1), inbox.mailbox_id, ((uids[0], uids[0]),), deleted)
            await server.store.expunge(AccountId(1), inbox.mailbox_id, None)
        return count

    churning = asyncio.create_task(churn())
    made = await backups(server).make(ME, lambda done, total, text: None)
    stop.set()
    assert await churning > 0
    restore(server.data.backups / f"{made['name']}.tar", tmp_path / "again", NOW, lambda name: None)
    again = await opened(tmp_path / "again")
    try:
        await assert_consistent(again)
        assert (await again.store.usage(AccountId(1))).message_count in (5, 6)
    finally:
        await again.close()


async def test_one_that_is_stopped_leaves_nothing(server: Adapters) -> None:
    found = folder_of(server)
    with pytest.raises(TryLater):
        await asyncio.to_thread(found.make, "2026-01-01T00-00-00Z", lambda done, total: False)
    assert list(server.data.backups.iterdir()) == []
    assert found.backups() == []


async def test_without_room_nothing_is_begun(server: Adapters, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"total": 10**9, "free": 10**6})()
    monkeypatch.setattr(archive_module.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(TryLater, match="free"):
        await asyncio.to_thread(folder_of(server).make, "2026-01-01T00-00-00Z", lambda done, total: True)


@pytest.mark.parametrize("name", ["", "..", "../server", "x", "/etc/passwd", "2026-01-01T00-00-00Z/../.."])
async def test_a_name_leads_nowhere_else(server: Adapters, name: str) -> None:
    found = folder_of(server)
    await asyncio.to_thread(found.make, "2026-01-01T00-00-00Z", lambda done, total: True)
    with pytest.raises(NotFound):
        found.path(name)
    with pytest.raises(NotFound):
        found.remove(name)


def archive_with(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w") as opened_archive:
        for entry, content in entries:
            entry.size = len(content)
            opened_archive.addfile(entry, io.BytesIO(content))
    return path


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


GOOD = (tarfile.TarInfo(MANIFEST), json.dumps({"format": 1, "accounts": 0}).encode())


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [(tarfile.TarInfo(MANIFEST), b"{")],
        [(tarfile.TarInfo(MANIFEST), json.dumps({"format": 99, "accounts": 0}).encode())],
        [(tarfile.TarInfo(MANIFEST), b"[]")],
        [GOOD],
        [GOOD, (tarfile.TarInfo("../evil"), b"x")],
        [GOOD, (tarfile.TarInfo("/etc/cron.d/evil"), b"x")],
        [GOOD, (tarfile.TarInfo("accounts/01/1/../../../evil"), b"x")],
        [GOOD, (link("server.sqlite", "/etc/passwd", tarfile.SYMTYPE), b"")],
        [GOOD, (link("server.sqlite", "/etc/passwd", tarfile.LNKTYPE), b"")],
        [GOOD, (link("queue/pipe", "", tarfile.FIFOTYPE), b"")],
        [GOOD, (tarfile.TarInfo("bin/sh"), b"x")],
    ],
)
def test_an_archive_of_somebody_else_is_refused_and_nothing_is_left(tmp_path: Path, entries: list) -> None:  # type: ignore[type-arg]
    path = archive_with(tmp_path / "a.tar", entries)
    with pytest.raises((Malformed, TryLater)):
        restore(path, tmp_path / "new", NOW, lambda name: None)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.tar"]


def test_what_is_no_archive_or_cut_off_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"hello", bytes(10_000)):
        (tmp_path / "a.tar").write_bytes(content)
        with pytest.raises((Malformed, TryLater)):
            restore(tmp_path / "a.tar", tmp_path / "new", NOW, lambda name: None)


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").write_text("x")
    path = archive_with(tmp_path / "a.tar", [GOOD])
    with pytest.raises(Conflict):
        restore(path, tmp_path / "new", NOW, lambda name: None)
    assert (tmp_path / "new" / "mine").read_text() == "x"
