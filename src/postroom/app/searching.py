"""An operator's search of one account: the box's language, the account's search, and a line in the audit log before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from postroom.access.ports import MailPorts
from postroom.access.search.best import best_hits
from postroom.access.search.box import parse_box
from postroom.access.search.box_terms import Surroundings
from postroom.access.search.everywhere import AccountSearch
from postroom.access.search.listing import ListedHit, list_hits
from postroom.admin.operator import Operator
from postroom.app.adapters import Adapters
from postroom.app.administration import build_people
from postroom.app.indexing import build_index
from postroom.model.address import Address
from postroom.model.ids import MailboxId
from postroom.store.server.database import LocalAuditor


@dataclass(frozen=True, slots=True)
class Results:
    """Hits in order; `is_last`: there are no others."""

    hits: list[ListedHit]
    is_last: bool
    mailbox_names: Mapping[MailboxId, str]


async def search_account(
    adapters: Adapters, operator: Operator, address: Address, text: str, limit: int, *, best: bool = False
) -> Results:
    """The newest hits, or the best. Raises NotFound, Malformed, TryLater."""
    account_id = await build_people(adapters).accounts.at(operator, address)
    mailboxes = await adapters.store.mailboxes(account_id)
    now = datetime.now().astimezone()
    asked = parse_box(text, Surroundings(now.date(), now.tzinfo or UTC, mailboxes))
    await LocalAuditor(adapters.database, adapters.clock).change(
        operator, "mail searched", str(address), lambda _: None
    )
    rooms = build_index(adapters, lambda: adapters.settings.current()[1].search)
    try:
        ports = MailPorts(adapters.store, adapters.staging, adapters.hub, adapters.clock, rooms.index)
        if best:
            page = await best_hits(ports, account_id, asked, limit)
        else:
            page = await AccountSearch(ports, account_id, asked).page(limit)
        hits = await list_hits(ports, account_id, asked, page.hits)
    finally:
        await rooms.close()
    return Results(hits, page.is_last, {mailbox.mailbox_id: mailbox.name for mailbox in mailboxes})
