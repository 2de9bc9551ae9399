"""The best hits of a search over an account: those that have most to do with what was looked for, of the newest that match."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from postroom.access import content
from postroom.access.account_mail import AccountMail
from postroom.access.content import Aspect, StoredContent
from postroom.access.ports import MailPorts
from postroom.access.search.everywhere import AccountSearch, Hit, Page
from postroom.access.search.look_up import Progress
from postroom.access.search.query import Query
from postroom.access.search.relevance import Relevance
from postroom.access.search.scores import MOST_SCORED
from postroom.message.search.content import SearchText, search_text
from postroom.model.ids import AccountId, EmailId

_AT_ONCE = 100  # texts in memory, some of them megabytes


async def best_hits(
    ports: MailPorts, account_id: AccountId, asked: Query, limit: int, progress: Progress | None = None
) -> Page:
    """At most `limit` hits, the best first and of equal ones the newer; older than MOST_SCORED hits nothing is among them. Raises MailError."""
    newest = await AccountSearch(ports, account_id, asked).page(MOST_SCORED, progress=progress)
    relevance = Relevance(asked)
    scored: list[tuple[int, Hit]] = []
    for at in range(0, len(newest.hits), _AT_ONCE):
        some = newest.hits[at : at + _AT_ONCE]
        texts = await _texts(ports, account_id, [hit.email_id for hit in some])
        scores = await asyncio.to_thread(_scores, relevance, texts)
        scored += [(scores[hit.email_id], hit) for hit in some if hit.email_id in scores]
    # stable: of equal scores the newer stays in front
    scored.sort(key=lambda one: one[0], reverse=True)
    return Page([hit for _, hit in scored[:limit]], newest.is_last and len(scored) <= limit)


async def _texts(ports: MailPorts, account_id: AccountId, email_ids: Sequence[EmailId]) -> dict[EmailId, SearchText]:
    """From the index, and from the messages where it has none; those that are gone are left out."""
    kept: dict[EmailId, SearchText] = {}
    if ports.index is not None and ports.index.is_on:
        kept = await ports.index.texts(account_id, email_ids)
    mail = AccountMail(ports, account_id)
    for email_id in email_ids:
        if email_id in kept:
            continue
        rows = await ports.store.memberships(account_id, [email_id], content.COLUMNS)
        if rows:
            message = StoredContent(mail, (rows[0][0], rows[0][1], rows[0][2], rows[0][3], rows[0][4]))
            whole = message.stretch((), Aspect.ALL)
            assert whole is not None
            kept[email_id] = await asyncio.to_thread(search_text, await message.read(whole))
    return kept


def _scores(relevance: Relevance, texts: dict[EmailId, SearchText]) -> dict[EmailId, int]:
    return {email_id: relevance.score(text) for email_id, text in texts.items()}
