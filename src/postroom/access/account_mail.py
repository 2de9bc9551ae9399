"""AccountMail: the mailboxes of one account, by name; where a session gets its selected mailbox and its way to append.

Names come as the client spells them and are made normal here (model.mailbox.normal_name), so that no door can name a mailbox in two ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from postroom.access import content
from postroom.access.content import StoredContent
from postroom.access.incoming import IncomingEmail
from postroom.access.ports import MailPorts
from postroom.access.selected import SelectedMailbox
from postroom.model.annotation import MAX_VALUE, normal_entry
from postroom.model.email import Appended, Arrival, Column, Usage
from postroom.model.errors import MailError, Meaning, NotFound, NotPermitted, OverLimit
from postroom.model.ids import AccountId, MailboxId
from postroom.model.mailbox import DELIMITER, Mailbox, MailboxRole, ancestors, normal_name

_COUNTED_RECENT = 2000  # UIDs read to count exactly; a mailbox with more new mail than that is told by its counters


@dataclass(frozen=True, slots=True)
class ListedMailbox:
    """One name of the list; `mailbox` None for a name that is only subscribed."""

    name: str
    mailbox: Mailbox | None
    is_subscribed: bool
    has_children: bool


class AccountMail:
    """One account's mail for one session."""

    __slots__ = ("_ports", "account_id")

    def __init__(self, ports: MailPorts, account_id: AccountId) -> None:
        self._ports = ports
        self.account_id = account_id

    async def listed(self) -> list[ListedMailbox]:
        """Every mailbox and every subscribed name, by name."""
        store = self._ports.store
        there = {mailbox.name: mailbox for mailbox in await store.mailboxes(self.account_id)}
        subscribed = set(await store.subscriptions(self.account_id))
        parents = {ancestor for name in there for ancestor in ancestors(name)[-1:]}
        return [
            ListedMailbox(name, there.get(name), name in subscribed, name in parents)
            for name in sorted(there.keys() | subscribed)
        ]

    async def mailbox(self, name: str) -> Mailbox:
        """Raises NotFound (NO_SUCH_MAILBOX), also for a name that can't be."""
        try:
            name = normal_name(name)
        except MailError:
            raise no_such_mailbox() from None
        found = await self._ports.store.mailbox(self.account_id, name)
        if found is None:
            raise no_such_mailbox()
        return found

    async def create(self, name: str, role: MailboxRole | None = None) -> Mailbox:
        """With missing parents. Raises Malformed (NAME_NOT_ALLOWED), Conflict, OverLimit."""
        return await self._ports.store.create_mailbox(self.account_id, normal_name(name.removesuffix(DELIMITER)), role)

    async def has_role(self, role: MailboxRole) -> bool:
        """Whether a mailbox has this role already: two would not be told apart."""
        return await self._ports.store.mailbox_with_role(self.account_id, role) is not None

    async def rename(self, name: str, new_name: str) -> None:
        """With all below it. Raises NotFound, Malformed, Conflict."""
        found = await self.mailbox(name)
        await self._ports.store.rename_mailbox(
            self.account_id, found.name, normal_name(new_name.removesuffix(DELIMITER))
        )

    async def delete(self, name: str) -> None:
        """Raises NotFound, NotPermitted (INBOX), Conflict (HAS_CHILDREN)."""
        found = await self.mailbox(name.removesuffix(DELIMITER))
        await self._ports.store.delete_mailbox(self.account_id, found.name)

    async def subscribe(self, name: str) -> None:
        """A name that need not exist. Raises Malformed."""
        await self._ports.store.set_subscribed(self.account_id, normal_name(name.removesuffix(DELIMITER)), True)

    async def unsubscribe(self, name: str) -> None:
        """Also a name that is not allowed any more: nothing happens."""
        try:
            name = normal_name(name.removesuffix(DELIMITER))
        except MailError:
            return
        await self._ports.store.set_subscribed(self.account_id, name, False)

    async def usage(self) -> Usage:
        """What the account holds, and may hold."""
        return await self._ports.store.usage(self.account_id)

    async def deleted_size(self, mailbox: Mailbox) -> int:
        """Octets of the messages marked deleted: what an expunge would free."""
        if not mailbox.deleted_count:
            return 0
        return await self._ports.store.deleted_size(self.account_id, mailbox.mailbox_id)

    async def annotations(self, name: str) -> dict[str, bytes]:
        """Values by entry; of the account for an empty name. Raises NotFound."""
        return await self._ports.store.annotations(self.account_id, await self._annotated(name))

    async def annotate(self, name: str, values: Mapping[str, bytes | None]) -> None:
        """All or none; None removes. Raises NotFound, Malformed, OverLimit, and NotPermitted for what all users would see (RFC 5464 §3.3)."""
        normal = {normal_entry(entry): value for entry, value in values.items()}
        if any(value is not None and len(value) > MAX_VALUE for value in normal.values()):
            raise OverLimit(f"a value has at most {MAX_VALUE} octets", meaning=Meaning.TOO_BIG)
        if not name and any(entry.startswith("/shared/") for entry in normal):
            raise NotPermitted("shared annotations of the server are not for users to set")
        await self._ports.store.set_annotations(self.account_id, await self._annotated(name), normal)

    async def _annotated(self, name: str) -> MailboxId | None:
        return (await self.mailbox(name)).mailbox_id if name else None

    async def recent_count(self, mailbox: Mailbox) -> int:
        """How many messages no session has seen arrive; above some thousands what the counters say."""
        new = mailbox.uid_next - mailbox.first_recent_uid
        if not new or not mailbox.message_count:
            return 0
        if new > _COUNTED_RECENT:
            return min(new, mailbox.message_count)
        ranges = ((mailbox.first_recent_uid, mailbox.uid_next - 1),)
        return len(await self._ports.store.fetch(self.account_id, mailbox.mailbox_id, ranges, (Column.UID,)))

    async def select(self, name: str, *, read_only: bool) -> SelectedMailbox:
        """Raises NotFound."""
        mailbox = await self.mailbox(name)
        return await SelectedMailbox.open(self._ports, self.account_id, mailbox.mailbox_id, read_only=read_only)

    def incoming(self) -> IncomingEmail:
        """A message about to be written piece by piece."""
        return IncomingEmail(self._ports.staging.start(), self._ports.clock)

    async def stored(self, mailbox: Mailbox, uid: int) -> StoredContent:
        """One message, to be read. Raises NotFound (NO_SUCH_EMAIL)."""
        rows = await self._ports.store.fetch(self.account_id, mailbox.mailbox_id, ((uid, uid),), content.COLUMNS)
        if not rows:
            raise NotFound("there is no such message", meaning=Meaning.NO_SUCH_EMAIL)
        size, parts, prefix, data, path = rows[0]
        return StoredContent(self, (size, parts, prefix, data, path))

    async def read_content(self, path: str, start: int, end: int) -> bytes:
        """A stretch of a large content. Raises TryLater for this message only."""
        return await self._ports.store.read_content(self.account_id, path, start, end)

    async def append(self, arrivals: list[Arrival]) -> list[Appended]:
        """All or none, durable. Raises NotFound, OverLimit, TryLater."""
        return await self._ports.store.append(self.account_id, arrivals)


def no_such_mailbox() -> NotFound:
    """One answer for what is not there and for what can't be."""
    return NotFound("there is no such mailbox", meaning=Meaning.NO_SUCH_MAILBOX)
