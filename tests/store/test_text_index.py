"""The index over a real store: before, while and after it is made, with switches turned, files damaged, mail that goes; its answer is the scan's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corpora import CHARSETS, mail, query
from postroom.index import follower
from postroom.index.index_file import NAME
from postroom.message.search.matching import needle
from postroom.message.search.normal import normalise
from postroom.model.email import KeywordChange
from postroom.model.errors import NotFound
from postroom.model.ids import AccountId, EmailId
from postroom.model.keywords import Keywords
from postroom.model.operation.indexing import AccountIndex
from postroom.model.text_index import TextQuery
from store.adapters import ALICE, BOB, Opened
from store.indexed import Indexed
from store.mail import LARGE, arrival, message

LENGTHS = (1, 2, 3, 5, 10, 40)


@pytest.fixture
async def indexed(on_disk: Opened) -> AsyncIterator[Indexed]:
    found = Indexed(on_disk)
    yield found
    await found.close()


def index_path(indexed: Indexed) -> Path:
    return indexed.mail.files.files.folder(ALICE) / NAME


async def agree(indexed: Indexed, source: random.Random, texts: list[str], count: int) -> None:
    for _ in range(count):
        wanted = query(source, source.choice(texts), source.choice(LENGTHS))
        header, loose = source.random() < 0.4, source.random() < 0.4
        expected = await indexed.scanned(wanted, header=header, loose=loose)
        assert await indexed.find(wanted, header=header, loose=loose) == expected, f"{wanted!r} {header=} {loose=}"


@pytest.mark.parametrize("language", CHARSETS)
async def test_what_was_typed_is_found_in_every_charset(indexed: Indexed, language: str) -> None:
    source = random.Random(language)
    mails = [mail(source, language) for _ in range(40)]
    ids = dict(zip(await indexed.add([one.octets for one in mails]), mails, strict=True))
    for email_id, one in ids.items():
        for typed, header in ((one.body, False), (one.subject, True)):
            wanted = query(random.Random(email_id), " ".join(typed.split()), source.choice(LENGTHS))
            if needle(wanted).found_in((normalise(" ".join(typed.split())),)):
                assert email_id in await indexed.find(wanted, header=header), (wanted, typed)
    await agree(indexed, source, [text for one in mails for text in (one.body, one.subject)], 40)


async def test_before_while_and_after_indexing_with_switches_turned(indexed: Indexed) -> None:
    source = random.Random(5)
    mails = [mail(source, source.choice(list(CHARSETS))) for _ in range(150)]
    texts = [text for one in mails for text in (one.body, one.subject)]
    await indexed.add([one.octets for one in mails[:60]])
    async with asyncio.TaskGroup() as group:
        following = group.create_task(indexed.follower.run())

        async def deliver() -> None:
            for at in range(60, 150, 5):
                await indexed.add([one.octets for one in mails[at : at + 5]])
                indexed.follower.notice(ALICE)
                if at % 20 == 0:
                    change = {"cjk_characters": not indexed.settings.cjk_characters, "enabled": at % 40 != 0}
                    indexed.settings = indexed.settings.model_copy(update=change)
                await agree(indexed, source, texts, 4)

        await deliver()
        indexed.settings = indexed.settings.model_copy(update={"enabled": True})
        await agree(indexed, source, texts, 10)
        following.cancel()
    await indexed.follow()
    state = indexed.states.noted[ALICE]
    assert (state.indexed, state.waiting) == (150, 0) and state.size > 0
    await agree(indexed, source, texts, 40)


async def test_words_where_characters_are_off(indexed: Indexed) -> None:
    text = "Subject: 全文検索\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n全文検索 機能、使う方法"
    (email_id,) = await indexed.add([text.encode()])
    assert await indexed.find("検索") == [email_id]
    indexed.settings = indexed.settings.model_copy(update={"cjk_characters": False})
    assert await indexed.find("検索") == []
    assert await indexed.find("全文検索") == await indexed.find("機能") == await indexed.find("使う方法") == [email_id]
    assert await indexed.find("機能、使う方法") == [email_id] and await indexed.find("能、使う方法") == []
    assert await indexed.find("検索", header=True) == [email_id]  # of a header's field
    await indexed.follow()
    assert await indexed.find("検索") == [] and await indexed.find("機能") == [email_id]
    indexed.settings = indexed.settings.model_copy(update={"cjk_characters": True})
    assert await indexed.find("検索") == [email_id]


async def test_what_is_expunged_leaves_the_index(indexed: Indexed) -> None:
    await indexed.add([message(number) for number in range(30)])
    await indexed.follow()
    inbox = await indexed.mail.mailbox_id()
    change = KeywordChange(KeywordChange.Action.ADD, Keywords.of(["$deleted"]))
    await indexed.mail.store.change_keywords(ALICE, inbox, ((1, 10),), change)
    await indexed.mail.store.expunge(ALICE, inbox, None)
    indexed.states.noted.clear()
    indexed.follower.notice(ALICE)
    await indexed.follow()
    assert indexed.states.noted[ALICE].indexed == 20
    assert await indexed.source.removed(ALICE, 100) == []
    assert await indexed.find("text 9") == [] and len(await indexed.find("text 19")) == 1


async def test_flipped_bits_are_noticed_and_the_answer_is_right(indexed: Indexed) -> None:
    source = random.Random(9)
    mails = [mail(source, source.choice(["en", "de", "ja", "zh-hans", "ko"])) for _ in range(150)]
    await indexed.add([one.octets for one in mails])
    texts = [text for one in mails for text in (one.body, one.subject)]
    thrown_away = 0
    for _ in range(25):
        await indexed.follow()
        await agree(indexed, source, texts, 1)
        await indexed.files.close()
        indexed.files = again(indexed)
        path = index_path(indexed)
        inode = path.stat().st_ino
        octets = bytearray(path.read_bytes())
        for _ in range(source.choice([1, 1, 40])):
            octets[source.randrange(len(octets))] ^= 1 << source.randrange(8)
        path.write_bytes(octets)
        await agree(indexed, source, texts, 3)
        thrown_away += path.stat().st_ino != inode
        indexed.states.noted.clear()
    assert thrown_away > 5


def again(indexed: Indexed) -> object:
    """As after a start of the process."""
    fresh = Indexed(indexed.mail)
    fresh.pool.shutdown()
    for name in ("source", "files", "indexing", "index", "follower", "states", "pool"):
        setattr(indexed, name, getattr(fresh, name))
    return indexed.files


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(5000)])
async def test_a_file_that_is_no_index(indexed: Indexed, content: bytes) -> None:
    await indexed.add([message(1)])
    index_path(indexed).write_bytes(content)
    assert len(await indexed.find("text 1")) == 1
    assert len(await indexed.find("text 1")) == 1


async def test_a_place_that_can_not_be_written(indexed: Indexed) -> None:
    await indexed.add([message(number) for number in range(5)])
    index_path(indexed).mkdir()
    assert len(await indexed.find("text 3")) == 1
    assert await indexed.find("text") == await indexed.scanned("text")
    assert await indexed.index.candidates(ALICE, "number", None) is None
    assert await indexed.index.texts(ALICE, [EmailId(1)]) == {}


async def test_the_index_of_other_mail_is_thrown_away(indexed: Indexed) -> None:
    await indexed.add([message(number) for number in range(3)])
    assert len(await indexed.find("text 2")) == 1
    await indexed.files.close()
    octets = index_path(indexed).read_bytes()
    again(indexed)
    other = indexed.mail.files.files.folder(BOB) / NAME
    inbox = await indexed.mail.mailbox_id(account_id=BOB)
    await indexed.mail.store.append(BOB, [arrival(inbox, message(number)) for number in (7, 8, 9)])
    other.write_bytes(octets)
    assert await indexed.index.find(BOB, TextQuery("text 2", header=False), None) == []
    assert len(await indexed.index.find(BOB, TextQuery("text 8", header=False), None)) == 1


async def test_two_processes_index_the_same_mail(indexed: Indexed) -> None:
    other = Indexed(indexed.mail)
    await indexed.add([message(number) for number in range(120)])
    found = await asyncio.gather(*(one.find(f"text {number}") for number in (5, 17, 99) for one in (indexed, other)))
    assert [len(one) for one in found] == [11, 11, 1, 1, 1, 1]
    await other.close()


async def test_large_messages_and_nul_octets(indexed: Indexed) -> None:
    inbox = await indexed.mail.mailbox_id()
    path = indexed.mail.staged()
    large = LARGE.replace(b"\r\n\r\n", b"\r\n\r\nneedle-at-the-start ", 1) + b"needle-at-the-end"
    await indexed.mail.store.append(ALICE, [arrival(inbox, large, path=path)])
    await indexed.add([b"Subject: nul\r\n\r\na\x00b \xff\xfe\xed\xa0\x80 c"])
    assert len(await indexed.find("needle-at-the-end")) == len(await indexed.find("NEEDLE-at-the-start")) == 1
    assert len(await indexed.find("a\x00b")) == 1


async def test_a_message_that_can_not_be_read_is_told(indexed: Indexed) -> None:
    inbox = await indexed.mail.mailbox_id()
    await indexed.mail.store.append(ALICE, [arrival(inbox, LARGE, path=indexed.mail.staged())])
    await indexed.add([message(1)])
    (content,) = (indexed.mail.files.files.folder(ALICE) / "content").glob("*/*")
    hidden = content.rename(content.with_suffix(".hidden"))
    await indexed.follow()
    assert indexed.states.noted[ALICE].waiting == 1
    with pytest.raises(Exception, match=r"can't be read|not available"):
        await indexed.find("text")
    hidden.rename(content)
    assert len(await indexed.find("text 1")) == 1 and len(await indexed.find("0123456789abcd")) == 1


async def test_the_newest_are_enough(indexed: Indexed) -> None:
    ids = await indexed.add([message(number) for number in range(300)])
    for text in ("text", "t 2", "number"):
        everything = await indexed.find(text, header=True)
        some = await indexed.index.find(ALICE, TextQuery(text, header=True), None, newest=20)
        assert some[-20:] == everything[-20:] and set(some) <= set(ids)


async def test_an_operator_wants_it_made_anew_and_pauses_it(indexed: Indexed) -> None:
    await indexed.add([message(number) for number in range(10)])
    await indexed.follow()
    inode = index_path(indexed).stat().st_ino
    indexed.states.noted.clear()
    indexed.states.want_rebuild(None)
    await indexed.follow()
    assert indexed.states.noted[ALICE].indexed == 10 and index_path(indexed).stat().st_ino != inode
    indexed.settings = indexed.settings.model_copy(update={"paused": True})
    await indexed.add([message(11)])
    indexed.follower.notice(ALICE)
    assert len(await indexed.find("text 11")) == 1  # a search does it for itself
    indexed.settings = indexed.settings.model_copy(update={"paused": False, "enabled": False})
    indexed.states.noted.clear()
    await indexed.follow()
    assert not index_path(indexed).exists() and indexed.states.noted[ALICE].indexed == 0


@pytest.mark.parametrize("loose", [False, True])
async def test_a_text_of_any_length_is_looked_for(indexed: Indexed, loose: bool) -> None:
    source = random.Random(3)
    characters = [chr(source.randrange(0x4E00, 0x9FFF)) for _ in range(5000)]
    numbers = [str(source.randrange(10**9)) for _ in range(2000)]
    body = (
        "".join(characters) + " " + " ".join(numbers) + " " + " ".join(f"{number}w{number}" for number in range(2000))
    )
    (email_id,) = await indexed.add([f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode()])
    await indexed.add([message(1)])
    for wanted in ("".join(characters), " ".join(numbers), body[5000:20_000], "x" * 100_000, '"' * 9000, "a" * 60_000):
        expected = (
            [email_id] if normalise(wanted).strip() in normalise(body) or (loose and wanted[0] not in 'x"a') else []
        )
        assert await indexed.find(wanted, loose=loose) == expected, wanted[:40]


async def test_an_account_without_mail_has_no_index(indexed: Indexed) -> None:
    await indexed.follow()
    assert await indexed.find("anything") == [] and not index_path(indexed).exists()
    assert indexed.states.noted[ALICE].indexed == 0
    await indexed.add([message(1)])
    assert len(await indexed.find("text 1")) == 1 and index_path(indexed).exists()


async def test_an_account_that_is_gone(indexed: Indexed) -> None:
    await indexed.add([message(1)])
    await indexed.find("text")
    await indexed.mail.store.remove_account(ALICE)
    with pytest.raises(NotFound):
        await indexed.find("text")
    await indexed.mail.store.prepare_account(ALICE)
    assert await indexed.find("text") == []


async def test_accounts_that_come_and_go_are_noticed_without_a_notice(
    indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that is gone nothing waits for ever."""
    monkeypatch.setattr(follower, "_CENSUS", 0.05)
    gone, new = AccountId(5000), AccountId(5001)
    indexed.states.note([AccountIndex(gone, 10, 70, 1)])

    async def until(there: bool) -> None:
        while gone in indexed.states.noted or (new in indexed.states.noted) is not there:  # noqa: ASYNC110 - the follower tells nobody else
            await asyncio.sleep(0.02)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(indexed.follower.run())
        await until(False)
        await indexed.mail.store.prepare_account(new)
        await until(True)
        await indexed.mail.store.remove_account(new)
        await until(False)
        task.cancel()
    assert ALICE in indexed.states.noted
