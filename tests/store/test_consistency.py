"""Each kind of damage is found, named, and put right where nothing is lost by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from consistency import assert_mail_consistent
from postroom.directory import changes
from postroom.model.address import parse_address
from postroom.model.ids import AccountId
from postroom.model.mailbox import INBOX
from postroom.store.checks import invariants, repairs
from postroom.store.checks.consistency import UNNAMED_FILE, check_account, check_server
from postroom.store.engines.sqlite import SqliteFile
from postroom.store.mail_store import FileMailStore
from postroom.store.server.database import open_server_database
from store.mail import LARGE, arrival, message

ALICE = AccountId(7)


class Clock:
    def now(self) -> int:
        return 1_700_000_000


@dataclass
class Place:
    """One account with small and large mail in two mailboxes."""

    store: FileMailStore
    pool: ThreadPoolExecutor
    path: Path

    async def sql(self, statement: str) -> None:
        file = await self.store.files.get(ALICE)
        await file.write(lambda transaction: transaction.execute(statement))

    async def found(self, *, deep: bool = False) -> set[tuple[str, bool]]:
        return {(one.what, one.repairable) for one in await check_account(self.store.files, ALICE, deep=deep)}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    pool = ThreadPoolExecutor(2)
    store = FileMailStore(tmp_path / "accounts", pool, Clock(), lambda notice: None)
    await store.prepare_account(ALICE)
    inbox = await store.mailbox(ALICE, INBOX)
    trash = await store.mailbox(ALICE, "Trash")
    assert inbox is not None
    assert trash is not None
    small = [arrival(inbox.mailbox_id, message(n), "$seen", "Later") for n in range(5)]
    large = arrival(inbox.mailbox_id, LARGE, prefix=b"Received: x\r\n", path=tmp_path / "staged")
    await store.append(ALICE, [*small, large])
    await store.copy(ALICE, inbox.mailbox_id, ((1, 6),), trash.mailbox_id)
    await store.append(ALICE, [arrival(inbox.mailbox_id, message(9), "$deleted")])
    await store.expunge(ALICE, inbox.mailbox_id, None)
    (tmp_path / "staged").unlink()
    yield Place(store, pool, tmp_path)
    await store.close()
    pool.shutdown()


async def test_a_sound_account_has_no_findings(place: Place) -> None:
    await assert_mail_consistent(place.store)


REPAIRABLE = {
    "UPDATE mailbox SET message_count = message_count + 1 WHERE name = 'INBOX'": invariants.COUNTERS,
    "UPDATE mailbox SET unseen_count = 3 WHERE name = 'Trash'": invariants.COUNTERS,
    "UPDATE mailbox SET deleted_count = 1": invariants.COUNTERS,
    "UPDATE mailbox SET size = 0": invariants.COUNTERS,
    "UPDATE account SET size = size - 1": invariants.ACCOUNT_COUNTERS,
    "UPDATE account SET message_count = 0": invariants.ACCOUNT_COUNTERS,
    "UPDATE mailbox SET uid_next = 6 WHERE name = 'Trash'": invariants.UID_NEXT,
    "UPDATE mailbox SET uid_next = 7 WHERE name = 'INBOX'": invariants.UID_NEXT,
    "UPDATE mailbox SET mod_seq = 1 WHERE name = 'INBOX'": invariants.MOD_SEQ,
    "UPDATE account SET mod_seq = 1": invariants.MOD_SEQ,
    "UPDATE mailbox SET expunged_count = 9 WHERE name = 'INBOX'": invariants.HISTORY,
    "DELETE FROM mailbox_email WHERE uid = 6": invariants.ORPHAN_EMAIL,
    "INSERT INTO content VALUES (99, 7, x'', x'61', NULL)": invariants.ORPHAN_CONTENT,
    "INSERT INTO expunged VALUES (7, 99, 1, 1)": invariants.ORPHAN_EXPUNGED,
    "DELETE FROM mailbox WHERE name = 'Trash'": "a message has no mailbox",
    "DELETE FROM mailbox WHERE name = 'INBOX'": "there is no INBOX",
    "INSERT INTO expunged VALUES (7, 1, 5, 2)": "an expunged UID is there",
    "INSERT INTO expunged VALUES (7, 1, 5, 7)": "a UID was expunged twice",
    "UPDATE account SET next_email_id = 2": "a number that was given out would be given again",
    "UPDATE mailbox SET first_recent_uid = 99": "\\Recent begins above uid_next",
    "UPDATE mailbox SET name = 'a/b' WHERE name = 'Junk'": "a mailbox above is missing",
    "UPDATE account SET next_uid_validity = 1": "a number that was given out would be given again",
    "INSERT INTO thread_reference VALUES (7, 12345, 999)": "a reference leads to a thread that never was",
}


@pytest.mark.parametrize("statement", REPAIRABLE)
async def test_what_can_be_put_right(place: Place, statement: str) -> None:
    await place.sql(statement)
    assert (REPAIRABLE[statement], True) in await place.found()
    assert await repairs.repair_account(place.store.files, place.pool, ALICE, settling=0) == []
    await assert_mail_consistent(place.store)


LOST = {
    "UPDATE email SET thread_id = 999 WHERE email_id = 1": "a thread has a number that no email ever had",
    "UPDATE mailbox SET uid_validity = 0 WHERE name = 'Trash'": "a number is out of its range",
    "UPDATE mailbox_email SET mod_seq = 0 WHERE uid = 1": "a UID or a mod_seq is out of its range",
    "UPDATE content SET data = NULL, path = (SELECT path FROM content WHERE path IS NOT NULL) WHERE email_id = 1": (
        "a large content is named by two emails"
    ),
    "UPDATE content SET path = '../' || path WHERE path IS NOT NULL": "a large content is named outside its folder",
    "UPDATE subscription SET account_id = 9 WHERE name = 'Trash'": "a row is another account's",
    "INSERT INTO subscription VALUES (7, 'a//b')": "a subscription is of no possible name",
    "DELETE FROM email WHERE email_id = 1": "a message has no email",
    "DELETE FROM content WHERE email_id = 1": "a message has no content",
    "UPDATE content SET data = NULL WHERE email_id = 1": "a content is neither in its row nor in a file, or in both",
    "UPDATE content SET data = x'00' WHERE email_id = 1": "a content has not the size of its email",
    "UPDATE content SET prefix = x'00' WHERE email_id = 1": "a message has not the size of its prefix and content",
    "UPDATE mailbox SET uid_validity = 5": "a UIDVALIDITY is given twice",
    "UPDATE mailbox SET name = 'a//b' WHERE name = 'Junk'": "a mailbox name is not normal",
    "UPDATE mailbox_email SET others = 'b a' WHERE uid = 1": "keywords are not in their one form",
    "UPDATE account SET account_id = 8": "the database is not this account's",
}


@pytest.mark.parametrize("statement", LOST)
async def test_what_a_person_decides(place: Place, statement: str) -> None:
    await place.sql(statement)
    assert (LOST[statement], False) in await place.found()


async def test_repair_loses_no_mail(place: Place) -> None:
    """Mail whose place is lost is shown again: its bytes, under a UID that nobody had."""
    before = await shown(place)
    highest = max(uid for uid, _ in before[INBOX])
    await place.sql("DELETE FROM mailbox_email WHERE email_id IN (1, 2)")
    await place.sql("DELETE FROM mailbox WHERE name = 'Trash'")
    assert await repairs.repair_account(place.store.files, place.pool, ALICE, settling=0) == []
    after = await shown(place)
    found = {digest for rows in after.values() for _, digest in rows}
    assert {digest for rows in before.values() for _, digest in rows} == found
    assert [uid for uid, _ in after["Recovered"]] == [uid for uid, _ in before["Trash"]][2:]
    assert {uid for uid, _ in after[INBOX]} - {uid for uid, _ in before[INBOX]} == {highest + 2, highest + 3}


async def shown(place: Place) -> dict[str, list[tuple[int, bytes]]]:
    file = await place.store.files.get(ALICE)
    found: dict[str, list[tuple[int, bytes]]] = {}
    for name, uid, blob_id in file.read(
        "SELECT b.name, m.uid, e.blob_id FROM mailbox b JOIN mailbox_email m ON m.mailbox_id = b.mailbox_id"
        " JOIN email e ON e.email_id = m.email_id ORDER BY b.name, m.uid"
    ):
        found.setdefault(name, []).append((uid, bytes(blob_id)))
    return found


async def test_large_contents_are_there_and_whole(place: Place) -> None:
    folder = place.store.files.folder(ALICE)
    (file,) = (folder / "content").glob("*/*")
    file.write_bytes(LARGE[:-1] + b"!")
    assert await place.found() == set()
    assert await place.found(deep=True) == {("a content is not what its blob_id says", False)}
    file.write_bytes(LARGE[:-1])
    assert ("a large content is not there whole", False) in await place.found()
    file.unlink()
    assert await place.found() == {("a large content is not there whole", False)}


async def test_files_that_no_row_names(place: Place) -> None:
    folder = place.store.files.folder(ALICE) / "content" / "ab"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "left").write_bytes(b"x")
    assert await place.found() == {(UNNAMED_FILE, True)}
    assert await check_account(place.store.files, ALICE, settling=60) == []
    await repairs.repair_account(place.store.files, place.pool, ALICE)
    assert (folder / "left").exists()
    assert await repairs.repair_account(place.store.files, place.pool, ALICE, settling=0) == []
    assert not (folder / "left").exists()
    await assert_mail_consistent(place.store)


async def test_an_account_that_cannot_be_opened_is_a_finding(place: Place) -> None:
    assert [one.what for one in await check_account(place.store.files, AccountId(8))] == ["the account can't be opened"]


async def test_a_damaged_file_is_a_finding(place: Place) -> None:
    await place.store.close()
    path = place.store.files.folder(ALICE) / "mail.sqlite"
    octets = bytearray(path.read_bytes())
    octets[4096 * 3 : 4096 * 3 + 2000] = b"\xff" * 2000
    path.write_bytes(octets)
    found = await check_account(place.store.files, ALICE)
    assert {one.what for one in found} <= {"the database is damaged", "the account can't be opened"}
    assert found


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[SqliteFile, FileMailStore, Path]]:
    pool = ThreadPoolExecutor(2)
    (tmp_path / "data").mkdir()
    database = open_server_database(tmp_path / "data", pool, must_exist=False)
    store = FileMailStore(tmp_path / "data" / "accounts", pool, Clock(), lambda notice: None)
    await database.write(lambda transaction: changes.add_domain(transaction, "example.test"))
    proof = changes.credential("correct horse")
    account_id = await database.write(
        lambda transaction: changes.add_account(
            transaction, parse_address("alice@example.test"), proof, changes.Role.USER, "", 0
        )
    )
    await database.write(
        lambda transaction: changes.add_alias(
            transaction, parse_address("a@example.test"), parse_address("alice@example.test")
        )
    )
    await store.prepare_account(account_id)
    yield database, store, tmp_path / "queue"
    await store.close()
    database.close()
    pool.shutdown()


_MESSAGE = "INSERT INTO queue_message VALUES (1, NULL, NULL, NULL, 0, 0, {}, x'', x'', {}, {}, 0, 0)"
_RECIPIENT = "INSERT INTO queue_recipient VALUES (1, 1, 'b@c', 'c', NULL, NULL, 0, 0, '', 0, 0, '', '', 0, 0)"
SERVER = {
    "UPDATE address SET account_id = 9 WHERE account_id = 1": "an address leads to no account",
    "UPDATE address SET target = 'x@example.test'": "an address is not one of an account's, an alias and a group's",
    "DELETE FROM address WHERE account_id = 1": "an account has not one address of its own",
    "UPDATE domain SET name = 'other.test'": "an account's domain is not kept here",
    "UPDATE domain SET is_primary = 0": "there is not one primary domain",
    "UPDATE address SET key = 'b@example.test' WHERE target IS NOT NULL": "an address is kept under another key",
    "UPDATE address SET target = 'nowhere' WHERE target IS NOT NULL": "an address can't be read",
    "UPDATE account SET account_id = 2": "a mail store belongs to no account",
    _RECIPIENT: "a queued recipient has no message",
    _MESSAGE.format(1, "x'61'", "NULL"): invariants.ORPHAN_MESSAGE,
    _MESSAGE.format(1, "NULL", "NULL"): "a queued content is neither in its row nor in a file, or in both",
    _MESSAGE.format(5, "x'61'", "NULL"): "a queued message has not the size of its prefix and content",
    _MESSAGE.format(5, "NULL", "'content/ab/c'"): "a large content is not there whole",
    _RECIPIENT.replace("'c'", "'d'", 1): "a queued recipient is kept under another domain",
    _MESSAGE.format(5, "NULL", "'../c'"): "a queued content is named outside its folder, or twice",
    "INSERT INTO settings_version VALUES (2, 0, '', '', '{}')": "a version of the settings is missing",
    "INSERT INTO settings_version VALUES (1, 0, '', '', '{\"no\": 1}')": "the settings in force can't be read",
}


@pytest.mark.parametrize("statement", SERVER)
async def test_faults_of_the_server(server: tuple[SqliteFile, FileMailStore, Path], statement: str) -> None:
    database, store, queue = server
    assert await check_server(database, store.files, queue) == []
    await database.write(lambda transaction: transaction.execute(statement))
    assert SERVER[statement] in {one.what for one in await check_server(database, store.files, queue)}


async def test_what_is_queued_is_hashed(server: tuple[SqliteFile, FileMailStore, Path]) -> None:
    database, store, queue = server
    await database.write(lambda transaction: transaction.execute(_MESSAGE.format(1, "x'61'", "NULL")))
    await database.write(lambda transaction: transaction.execute(_RECIPIENT))
    assert await check_server(database, store.files, queue) == []
    found = await check_server(database, store.files, queue, deep=True)
    assert [one.what for one in found] == ["a queued content is not what its blob_id says"]


async def test_the_queue_is_put_right(server: tuple[SqliteFile, FileMailStore, Path]) -> None:
    database, store, queue = server
    await database.write(lambda transaction: transaction.execute(_MESSAGE.format(1, "x'61'", "NULL")))
    (queue / "content" / "ab").mkdir(parents=True)
    (queue / "content" / "ab" / "left").touch()
    assert len(await check_server(database, store.files, queue)) == 2
    pool = ThreadPoolExecutor(1)
    assert await repairs.repair_server(database, store.files, queue, pool, settling=0) == []
    pool.shutdown()


async def test_an_account_without_a_store_is_told(server: tuple[SqliteFile, FileMailStore, Path]) -> None:
    database, store, queue = server
    await store.remove_account(AccountId(1))
    assert [one.what for one in await check_server(database, store.files, queue)] == ["an account has no mail store"]
