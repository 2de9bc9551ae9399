"""Listing: hits as people look at them: when it came, from whom, about what, where it is, and the words around what was looked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from postroom.access import content
from postroom.access.account_mail import AccountMail
from postroom.access.content import Aspect, StoredContent
from postroom.access.ports import MailPorts
from postroom.access.search.everywhere import Hit
from postroom.access.search.query import Query
from postroom.access.search.snippets import Snippet, Snippets
from postroom.message import limits
from postroom.message.fields import words
from postroom.message.headers import read_header
from postroom.message.search.content import SearchText
from postroom.model.email import Column
from postroom.model.ids import AccountId, EmailId, MailboxId


@dataclass(frozen=True, slots=True)
class ListedHit:
    """`header_from` and `subject` are one line of text each; `received_at` in Unix seconds."""

    hit: Hit
    received_at: int
    header_from: str
    subject: str
    snippet: Snippet

    @property
    def mailbox_ids(self) -> list[MailboxId]:
        """Where it is, each once."""
        return list(dict.fromkeys(mailbox_id for mailbox_id, _ in self.hit.places))


async def list_hits(ports: MailPorts, account_id: AccountId, asked: Query, hits: Sequence[Hit]) -> list[ListedHit]:
    """In their order; emails that are gone by now are left out. Messages are read one after the other. Raises MailError."""
    snippets = Snippets(asked)
    mail = AccountMail(ports, account_id)
    kept: dict[EmailId, SearchText] = {}
    if ports.index is not None and ports.index.is_on:
        kept = await ports.index.texts(account_id, [hit.email_id for hit in hits])
    found: list[ListedHit] = []
    for hit in hits:
        rows = await ports.store.memberships(account_id, [hit.email_id], (Column.RECEIVED_AT, *content.COLUMNS))
        if not rows:
            continue
        received_at, *stored = rows[0]
        email = StoredContent(mail, (stored[0], stored[1], stored[2], stored[3], stored[4]))
        whole = email.stretch((), Aspect.ALL)
        assert whole is not None
        message = await email.read(whole)
        snippet = await asyncio.to_thread(snippets.of_message, message, kept.get(hit.email_id))
        header = read_header(message)
        shown = [
            words.decode(header.first(name) or b"", None, limits.DISPLAYED_ADDRESSES) for name in (b"from", b"subject")
        ]
        found.append(ListedHit(hit, received_at, shown[0].strip(), shown[1].strip(), snippet))
    return found
