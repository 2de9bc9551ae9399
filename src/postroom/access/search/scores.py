"""Scores of the messages that a search has found: from what the index keeps of them, or from the messages where it keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from postroom.access import content, ranges
from postroom.access.content import Aspect, StoredContent
from postroom.access.search.look_up import Progress
from postroom.access.search.query import Query
from postroom.access.search.relevance import LEAST, Relevance
from postroom.access.selected import SelectedMailbox
from postroom.message.search.content import SearchText, search_text
from postroom.model.email import Column
from postroom.model.ids import EmailId

MOST_SCORED = (
    2000  # messages of one result whose texts are looked at: some seconds; who has more matches wants the newest
)
_AT_ONCE = 100  # kept texts in memory, some of them megabytes


class Scores:
    """Of one query in one mailbox. What has been worked out is remembered: a message's score never changes."""

    __slots__ = ("_known", "_relevance", "_selected")

    def __init__(self, selected: SelectedMailbox, asked: Query) -> None:
        self._selected = selected
        self._relevance = Relevance(asked)
        self._known: dict[int, int] = {}

    async def of(self, uids: Sequence[int], progress: Progress | None = None) -> dict[int, int]:
        """By UID, for all of a result: of more than MOST_SCORED the older ones have the least, as have those that are gone. Raises MailError."""
        newest = [uid for uid in sorted(uids)[-MOST_SCORED:] if uid not in self._known]
        for at in range(0, len(newest), _AT_ONCE):
            if progress is not None:
                await progress(at, len(newest))
            self._known.update(await self._scored(newest[at : at + _AT_ONCE]))
        return {uid: self._known.get(uid, LEAST) for uid in uids}

    async def _scored(self, uids: Sequence[int]) -> dict[int, int]:
        selected = self._selected
        rows = await selected.fetch(ranges.of(uids), (Column.UID, Column.EMAIL_ID))
        kept: dict[EmailId, SearchText] = {}
        if selected.index is not None:
            kept = await selected.index.texts(selected.account_id, [EmailId(email_id) for _, email_id in rows])
        texts = [(uid, kept[email_id]) for uid, email_id in rows if email_id in kept]
        found = await asyncio.to_thread(_score_all, self._relevance, texts)
        unknown = [uid for uid, email_id in rows if email_id not in kept]
        for chunk in ranges.chunks([[uid] for uid in unknown], ranges.CONTENT_ROWS):
            for uid, *stored in await selected.fetch(chunk, (Column.UID, *content.COLUMNS)):
                message = StoredContent(selected, (stored[0], stored[1], stored[2], stored[3], stored[4]))
                whole = message.stretch((), Aspect.ALL)
                assert whole is not None
                found[uid] = await asyncio.to_thread(_score_message, self._relevance, await message.read(whole))
        return found


def _score_all(relevance: Relevance, texts: Sequence[tuple[int, SearchText]]) -> dict[int, int]:
    return {uid: relevance.score(text) for uid, text in texts}


def _score_message(relevance: Relevance, message: bytes) -> int:
    return relevance.score(search_text(message))
