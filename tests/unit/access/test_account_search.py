"""A search over an account: pages of the newest first, the same with an index and without, and the same as looking at everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.access.ports import MailPorts
from postroom.access.search.everywhere import AccountSearch, Hit
from postroom.access.search.query import (
    AllOf,
    AnyOf,
    Everything,
    FileNameHas,
    HasAttachment,
    HasKeyword,
    HeaderHas,
    InMailboxes,
    Not,
    Query,
    TextHas,
)
from postroom.message.entities import scan
from postroom.message.search.content import SearchText, search_text
from postroom.message.search.matching import needle
from postroom.model.email import Column
from postroom.model.ids import AccountId, EmailId, MailboxId
from postroom.model.keywords import Keywords
from postroom.model.text_index import TextQuery, Waiting
from store.adapters import ALICE, EVERYTHING, Opened, opened
from store.mail import arrival

SUBJECTS = ("red", "green", "blue", "red green")


def mail(number: int, subject: str, body: str, name: str = "") -> bytes:
    head = f"Subject: {subject}\r\nMessage-ID: <{number}@example.test>\r\n"
    if not name:
        return f"{head}\r\n{body}\r\n".encode()
    attached = f"Content-Type: image/png\r\nContent-Disposition: attachment; filename={name}\r\n\r\nxyz"
    return (
        f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{body}\r\n--b\r\n{attached}\r\n--b--\r\n"
    ).encode()


class ScanningIndex:
    """A TextIndex that knows every message and looks at each; it notes what it was asked for."""

    is_on = True

    def __init__(self) -> None:
        self.kept: dict[EmailId, SearchText] = {}
        self.newest: list[int | None] = []

    async def find(
        self,
        account_id: AccountId,
        asked: TextQuery,
        mailbox_id: MailboxId | None,
        waiting: Waiting | None = None,
        *,
        newest: int | None = None,
    ) -> list[EmailId]:
        self.newest.append(newest)
        wanted = needle(asked.text, loose=asked.loose)
        found = [
            email_id
            for email_id, text in sorted(self.kept.items())
            if wanted.found_in([text.header, *text.bodies] if asked.header else text.bodies)
        ]
        return found if newest is None else found[-newest:]

    async def candidates(
        self, account_id: AccountId, text: str, mailbox_id: MailboxId | None, waiting: Waiting | None = None
    ) -> list[EmailId] | None:
        wanted = needle(text)
        return sorted(email_id for email_id, kept in self.kept.items() if wanted.found_in([kept.header]))

    async def texts(self, account_id: AccountId, email_ids: Sequence[EmailId]) -> dict[EmailId, SearchText]:
        return {email_id: self.kept[email_id] for email_id in email_ids if email_id in self.kept}


class Account:
    """Mail in INBOX and Archive, some in both, and what it holds as a plain list."""

    def __init__(self, opened_mail: Opened) -> None:
        self.mail = opened_mail
        self.index = ScanningIndex()
        self.contents: dict[EmailId, bytes] = {}

    async def add(self, data: bytes, name: str = "INBOX", *keywords: str) -> EmailId:
        mailbox_id = await self.mail.mailbox_id(name)
        (one,) = await self.mail.store.append(ALICE, [arrival(mailbox_id, data, *keywords)])
        self.contents[one.email_id] = data
        text = search_text(data)
        self.index.kept[one.email_id] = SearchText(text.header, text.bodies)
        return one.email_id

    async def copy(self, source: str, uid: int, target: str) -> None:
        ids = await self.mail.mailbox_id(source), await self.mail.mailbox_id(target)
        await self.mail.store.copy(ALICE, ids[0], ((uid, uid),), ids[1])

    def ports(self, *, with_index: bool) -> MailPorts:
        unused: object = None
        return MailPorts(self.mail.store, unused, unused, self.mail.clock, self.index if with_index else None)  # type: ignore[arg-type]

    def search(
        self, asked: Query, mailbox_ids: Sequence[MailboxId] | None = None, *, with_index: bool = True
    ) -> AccountSearch:
        return AccountSearch(self.ports(with_index=with_index), ALICE, asked, mailbox_ids)

    async def expected(self, asked: Query, mailbox_ids: Sequence[MailboxId] | None = None) -> list[Hit]:
        """By looking at each membership, one by one."""
        found: dict[EmailId, list[tuple[MailboxId, int]]] = {}
        for mailbox in await self.mail.store.mailboxes(ALICE):
            if mailbox_ids is not None and mailbox.mailbox_id not in mailbox_ids:
                continue
            columns = (Column.UID, Column.EMAIL_ID, Column.BITS)
            for uid, email_id, bits in await self.mail.store.fetch(ALICE, mailbox.mailbox_id, EVERYTHING, columns):
                if matches(asked, self.contents[email_id], mailbox.mailbox_id, bits):
                    found.setdefault(email_id, []).append((mailbox.mailbox_id, uid))
        return [Hit(email_id, tuple(sorted(found[email_id]))) for email_id in sorted(found, reverse=True)]


def matches(asked: Query, data: bytes, mailbox_id: MailboxId, bits: int) -> bool:
    """What the nodes of these tests mean, in one line each."""
    match asked:
        case Everything():
            return True
        case Not(query=inner):
            return not matches(inner, data, mailbox_id, bits)
        case AllOf(queries=queries):
            return all(matches(each, data, mailbox_id, bits) for each in queries)
        case AnyOf(queries=queries):
            return any(matches(each, data, mailbox_id, bits) for each in queries)
        case HasKeyword(keywords=keywords):
            return bits & keywords.bits == keywords.bits
        case InMailboxes(mailbox_ids=mailbox_ids):
            return mailbox_id in mailbox_ids
        case HasAttachment():
            return b"attachment" in data
        case FileNameHas(text=text):
            return f"filename={text}".encode() in data
        case HeaderHas(text=text):
            return text.encode() in data.partition(b"\r\n")[0]
        case TextHas(text=text, header=header):
            subject = scan(data).header.first(b"subject") or b""
            return text.encode() in data.partition(b"\r\n\r\n")[2] or (header and text.encode() in subject)
    raise AssertionError(asked)


TEXTS = st.sampled_from(("red", "green", "blue", "nowhere"))
LEAVES = st.one_of(
    st.builds(TextHas, TEXTS, st.booleans()),
    st.builds(TextHas, TEXTS, st.booleans(), st.just(True)),
    st.builds(HeaderHas, st.just(b"subject"), TEXTS),
    st.builds(FileNameHas, st.sampled_from(("plan", "none"))),
    st.just(HasAttachment()),
    st.just(HasKeyword(Keywords.of(["$seen"]))),
    st.builds(lambda ids: InMailboxes(frozenset(map(MailboxId, ids))), st.sets(st.sampled_from([1, 6]))),
    st.just(Everything()),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=6,
)
MAILS = st.lists(
    st.tuples(
        st.sampled_from(SUBJECTS), st.sampled_from(SUBJECTS), st.sampled_from(("", "plan.png")),
        st.sampled_from(("INBOX", "Archive")), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(MAILS, st.lists(st.integers(1, 12), max_size=4), QUERIES, st.integers(1, 4))
async def test_the_same_as_looking_at_everything(
    tmp_path: Path, mails: list[tuple[str, str, str, str, bool]], copied: list[int], asked: Query, size: int
) -> None:
    async with opened("memory", tmp_path) as found:
        account = Account(found)
        for number, (subject, body, name, mailbox, seen) in enumerate(mails):
            await account.add(mail(number, subject, body, name), mailbox, *(["$seen"] if seen else []))
        for uid in copied:
            await account.copy("INBOX", uid, "Archive")
        inbox = await found.mailbox_id()
        for mailbox_ids in (None, [inbox]):
            expected = await account.expected(asked, mailbox_ids)
            for with_index in (True, False):
                search = account.search(asked, mailbox_ids, with_index=with_index)
                assert await search.count() == len(expected)
                got: list[Hit] = []
                while True:
                    page = await search.page(size, got[-1].email_id if got else None)
                    got += page.hits
                    assert page.is_last or len(page.hits) == size
                    if page.is_last:
                        break
                assert got == expected
                skipped = await search.page(size, skip=2)
                assert skipped.hits == expected[2 : 2 + size]


async def test_a_page_asks_for_few_matches_and_for_more_where_others_refuse_them(tmp_path: Path) -> None:
    async with opened("memory", tmp_path) as found:
        account = Account(found)
        oldest = await account.add(mail(0, "red", "x"), "INBOX", "$flagged")
        for number in range(1, 1500):
            await account.add(mail(number, "red", "x"))
        text = TextHas("red", header=True, loose=True)
        page = await account.search(text).page(10)
        assert len(page.hits) == 10
        assert not page.is_last
        assert account.index.newest == [100]
        account.index.newest.clear()
        page = await account.search(AllOf((text, HasKeyword(Keywords.of(["$flagged"]))))).page(1)
        assert [hit.email_id for hit in page.hits] == [oldest]
        assert page.is_last
        assert account.index.newest == [100, 800, 6400]


@pytest.mark.parametrize("kind", ["file", "memory"])
async def test_on_both_stores(tmp_path: Path, kind: str) -> None:
    async with opened(kind, tmp_path) as found:
        account = Account(found)
        first = await account.add(mail(1, "red", "one", "plan.png"))
        second = await account.add(mail(2, "green", "red"), "Archive", "$seen")
        third = await account.add(mail(3, "blue", "blue"))
        await account.copy("INBOX", 1, "Archive")
        inbox, archive = await found.mailbox_id(), await found.mailbox_id("Archive")
        for with_index in (True, False):
            everything = await account.search(Everything(), with_index=with_index).page(10)
            assert [hit.email_id for hit in everything.hits] == [third, second, first]
            assert everything.hits[2].places == ((inbox, 1), (archive, 2))
            red = await account.search(TextHas("red", header=True), with_index=with_index).page(10)
            assert [hit.email_id for hit in red.hits] == [second, first]
            named = await account.search(FileNameHas("plan"), with_index=with_index).page(10)
            assert [hit.email_id for hit in named.hits] == [first]
            here = await account.search(InMailboxes(frozenset({archive})), with_index=with_index).page(10)
            assert [(hit.email_id, hit.places) for hit in here.hits] == [
                (second, ((archive, 1),)), (first, ((archive, 2),)),
            ]  # fmt: skip


async def test_what_arrives_meanwhile_is_no_hit_before_the_index_knows_it(tmp_path: Path) -> None:
    async with opened("memory", tmp_path) as found:
        account = Account(found)

        class Slow(ScanningIndex):
            async def find(
                self,
                account_id: AccountId,
                asked: TextQuery,
                mailbox_id: MailboxId | None,
                waiting: Waiting | None = None,
                *,
                newest: int | None = None,
            ) -> list[EmailId]:
                answer = await super().find(account_id, asked, mailbox_id, waiting, newest=newest)
                await account.add(mail(2, "red", "x"))
                return answer

        account.index = Slow()
        known = await account.add(mail(1, "green", "x"))
        without_red = account.search(Not(TextHas("red", header=True)))
        assert [hit.email_id for hit in (await without_red.page(10)).hits] == [known]
        assert await account.search(Not(TextHas("green", header=True))).count() == 1
