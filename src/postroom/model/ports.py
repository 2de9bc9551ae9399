"""Ports: what services ask of the world. Adapters implement them, `app` injects them, tests have in-memory ones. That of the DNS is model.dns.

Every method may raise TryLater when the thing behind it is out of order; other errors are named at each.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from postroom.model.account import Account, DomainKey, MailProtocol, Principal, Recipient, ScramSecret
from postroom.model.address import Address
from postroom.model.annotation import AnnotationMark
from postroom.model.email import (
    Appended,
    Arrival,
    Changed,
    ChangeNotice,
    Column,
    Content,
    Copied,
    KeywordChange,
    MailboxChanges,
    Usage,
)
from postroom.model.envelope import Envelope
from postroom.model.ids import AccountId, AppPasswordId, EmailId, MailboxId, MessageId, QueueId, SessionId
from postroom.model.mailbox import Mailbox, MailboxRole
from postroom.model.relaying.queue import Attempt, Lease, QueuedLetter, QueueItem, QueuePart, QueueSelection, Settlement
from postroom.model.relaying.transport import KeptPolicy, TlsOutcome
from postroom.model.security.tls import SeenLogin, TlsLogin
from postroom.model.session import LockOut, SessionEntry

Ranges = Sequence[tuple[int, int]]
"""UID ranges, both ends included, ascending and disjoint."""


class Clock(Protocol):
    """Wall time for what people read and for records; never for deadlines (those use the loop's monotonic time)."""

    def now(self) -> int:
        """Unix seconds."""


class MailboxStore(Protocol):
    """The mailboxes of an account, by name (see model.mailbox.normal_name) or id."""

    async def prepare_account(self, account_id: AccountId) -> None:
        """Make the account's place with DEFAULT_MAILBOXES, subscribed; nothing happens when it is there."""

    async def set_quota(self, account_id: AccountId, quota: int | None) -> None:
        """Octets that the account may hold, None for no limit; what is there stays, even above it."""

    async def remove_account(self, account_id: AccountId) -> None:
        """Delete everything the account has."""

    async def mailboxes(self, account_id: AccountId) -> list[Mailbox]:
        """All, by name."""

    async def mailbox(self, account_id: AccountId, name: str) -> Mailbox | None: ...

    async def mailbox_with_role(self, account_id: AccountId, role: MailboxRole) -> Mailbox | None: ...

    async def mailbox_by_id(self, account_id: AccountId, mailbox_id: MailboxId) -> Mailbox | None: ...

    async def create_mailbox(self, account_id: AccountId, name: str, role: MailboxRole | None = None) -> Mailbox:
        """With missing ancestors. Raises Conflict (ALREADY_EXISTS), OverLimit."""

    async def rename_mailbox(self, account_id: AccountId, name: str, new_name: str) -> None:
        """With all below it, atomically; INBOX: its messages move to the new name and INBOX stays, empty (RFC 9051 §6.3.6).

        Raises NotFound, Conflict, Malformed (onto its own child).
        """

    async def delete_mailbox(self, account_id: AccountId, name: str) -> None:
        """Raises NotFound, NotPermitted (INBOX), Conflict (HAS_CHILDREN)."""

    async def subscriptions(self, account_id: AccountId) -> list[str]:
        """Names, which need not exist (RFC 9051 §6.3.7)."""

    async def set_subscribed(self, account_id: AccountId, name: str, subscribed: bool) -> None: ...

    async def annotations(self, account_id: AccountId, mailbox_id: MailboxId | None) -> dict[str, bytes]:
        """Values by entry, of the account as a whole for None."""

    async def annotation_marks(self, account_id: AccountId) -> list[AnnotationMark]:
        """Of all annotations: what changed between two calls has another mod_seq, or is there or not."""

    async def set_annotations(
        self, account_id: AccountId, mailbox_id: MailboxId | None, values: Mapping[str, bytes | None]
    ) -> None:
        """All or none; None removes. Entries as model.annotation.normal_entry gives them. Raises NotFound, OverLimit (TOO_MANY)."""


class EmailStore(Protocol):
    """The messages of an account. Reads see the last commit; writes return when they are durable."""

    async def append(self, account_id: AccountId, arrivals: Sequence[Arrival]) -> list[Appended]:
        """All or none, one transaction. Raises NotFound (mailbox), OverLimit (OVER_QUOTA, TOO_BIG), TryLater (STORAGE_FULL),
        Conflict (ALREADY_DELIVERED)."""

    async def replace(self, account_id: AccountId, mailbox_id: MailboxId, uid: int, arrival: Arrival) -> Appended:
        """The message goes and the arrival comes, in one transaction. Raises NotFound (also NO_SUCH_EMAIL), OverLimit, TryLater."""

    async def open_mailbox(
        self, account_id: AccountId, mailbox_id: MailboxId, *, take_recent: bool
    ) -> tuple[Mailbox, array[int]]:
        """Counters and all UIDs ascending, in one snapshot; with take_recent the \\Recent marks are this caller's. Raises NotFound."""

    async def keywords(self, account_id: AccountId, mailbox_id: MailboxId) -> list[str]:
        """The keywords without a bit of their own that were ever named in this mailbox, up to a bound; sorted without case."""

    async def first_unseen(self, account_id: AccountId, mailbox_id: MailboxId) -> int | None:
        """The lowest UID without $seen, found at once in a mailbox of any size."""

    async def marked(
        self, account_id: AccountId, mailbox_id: MailboxId, required: int, forbidden: int
    ) -> list[tuple[int, int]]:
        """(UID, mod_seq) of messages with all the keyword bits of `required` and none of `forbidden`, ascending."""

    async def members(self, account_id: AccountId, mailbox_id: MailboxId, email_ids: Sequence[EmailId]) -> list[int]:
        """The UIDs of those emails in the mailbox, ascending; one email may be there several times."""

    async def newest_emails(
        self, account_id: AccountId, below: int, most: int, mailbox_ids: Collection[MailboxId] | None = None
    ) -> list[EmailId]:
        """The newest emails with numbers below this one, descending; of the account or of some mailboxes."""

    async def memberships(
        self, account_id: AccountId, email_ids: Sequence[EmailId], columns: tuple[Column, ...]
    ) -> list[tuple[Any, ...]]:
        """A row for each mailbox that one of these emails is in: the highest number first, then by mailbox and UID."""

    async def deleted_size(self, account_id: AccountId, mailbox_id: MailboxId) -> int:
        """Octets of the messages with $deleted; looks at every message of the mailbox."""

    async def take_recent(self, account_id: AccountId, mailbox_id: MailboxId, below: int) -> int:
        """No later caller finds messages with UIDs below this \\Recent; returns from which UID on they were so until now. Raises TryLater."""

    async def fetch(
        self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, columns: tuple[Column, ...]
    ) -> list[tuple[Any, ...]]:
        """Rows in UID order, a tuple each in the order of `columns`. UIDs that are not there are left out."""

    async def changes_since(self, account_id: AccountId, mailbox_id: MailboxId, mod_seq: int) -> MailboxChanges:
        """Raises NotFound when the mailbox is gone."""

    async def change_keywords(
        self,
        account_id: AccountId,
        mailbox_id: MailboxId,
        ranges: Ranges,
        change: KeywordChange,
        unchanged_since: int | None = None,
    ) -> Changed:
        """Rows whose keywords stay the same keep their mod_seq and are not among `rows`."""

    async def expunge(
        self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges | None
    ) -> tuple[list[int], int]:
        """Remove those with $deleted, among `ranges` only where given; returns their UIDs and the mod_seq."""

    async def copy(self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId) -> Copied:
        """All or none. Raises NotFound, OverLimit."""

    async def move(self, account_id: AccountId, mailbox_id: MailboxId, ranges: Ranges, target: MailboxId) -> Copied:
        """All or none (RFC 6851 §3.3). Raises NotFound."""

    async def read_content(self, account_id: AccountId, path: str, start: int, end: int) -> bytes:
        """Octets of a large content, by the path that Column.CONTENT_PATH gave. Raises TryLater for this message only."""

    async def usage(self, account_id: AccountId) -> Usage: ...


class StagedContent(Protocol):
    """A message on its way in: small ones stay in memory, large ones go to a file."""

    @property
    def size(self) -> int: ...

    def write(self, data: bytes) -> None:
        """Raises TryLater (STORAGE_FULL)."""

    async def finish(self) -> Content:
        """Whole and, when in a file, synced. Raises TryLater."""

    def discard(self) -> None:
        """Forget it; also after finish(), once the store has taken it or refused it."""


class Staging(Protocol):
    def start(self) -> StagedContent: ...


class MailStore(MailboxStore, EmailStore, Protocol):
    """The message store (RFC 5598 §4.2.6 MS) as services see it."""


class Directory(Protocol):
    """Who people are, for logins and for routing."""

    async def authenticate(self, login_name: str, password: str, protocol: MailProtocol | None = None) -> Principal:
        """By the account's own password or, for a mail protocol, by an app password that is good for it; None is the web.

        Raises NotPermitted (AUTHENTICATION_FAILED): one answer, in one time, for wrong, unknown and disabled, and for an app password elsewhere.
        """

    async def scram_secret(self, login_name: str, protocol: MailProtocol | None = None) -> ScramSecret | None:
        """All passwords that are good here; None for unknown, for disabled, and where none is."""

    async def has_app_password(self, account_id: AccountId, app_password_id: AppPasswordId) -> bool:
        """Whether it is still there."""

    def logged_in(self, principal: Principal) -> None:
        """Remember when; costs nothing now."""

    async def principal(self, login_name: str) -> Principal:
        """For a login proved by SCRAM or EXTERNAL. Raises NotPermitted (AUTHENTICATION_FAILED)."""

    async def is_local_domain(self, domain: str) -> bool: ...

    async def local_domains(self) -> list[str]: ...

    async def primary_domain(self) -> str | None:
        """The domain of names without one; None while there is no domain."""

    async def route(self, forward_path: Address) -> list[Recipient]:
        """Where it leads, aliases expanded without loops. Raises NotFound (NO_SUCH_RECIPIENT, MAILBOX_DISABLED) for a name in a local domain that leads to nobody."""

    async def owns_address(self, account_id: AccountId, address: Address) -> bool:
        """Whether the account may send as it: its own address, its aliases, their subaddresses."""

    async def account(self, account_id: AccountId) -> Account | None: ...


class DomainKeys(Protocol):
    """The keys that sign mail of our domains."""

    async def keys(self, domain: str) -> list[DomainKey]:
        """All of a domain, the newest first."""

    async def active(self, domain: str) -> list[DomainKey]:
        """Those that sign now, RSA first. Read for each message: a change counts at once in every worker."""

    async def add(self, keys: Sequence[DomainKey]) -> bool:
        """A pair; False where the domain has a pair of this state (NEXT or ACTIVE) already, or is gone: nothing was done."""

    async def activate(self, domain: str, now: int) -> bool:
        """The next pair signs from now on, the one before it is retired and its private keys are forgotten; False where there is no next one."""

    async def forget_retired(self, before: int) -> int:
        """Drop keys that were retired before this moment; returns how many."""


class Signer(Protocol):
    """Signs what leaves, for domains of ours."""

    async def sign(self, header: bytes, body: bytes, domain: str) -> bytes:
        """DKIM-Signature fields to be put in front of the message; b"" where the domain is not ours or signing is off.

        `header` ends with the empty line, `body` follows it; both as they will be sent.
        """


class SendingLimits(Protocol):
    """How many recipients elsewhere an account had in the last 24 hours, over all workers; its domain likewise."""

    async def check(self, account_id: AccountId, count: int, usual: int) -> None:
        """Raises OverLimit (SENDING_LIMIT) where so many more would be too many. `usual` for accounts without their own limit, 0 for none."""

    async def take(self, account_id: AccountId, count: int, usual: int) -> None:
        """Count them, durable, or raise as `check` does and count nothing."""

    async def give_back(self, account_id: AccountId, count: int) -> None:
        """They were counted and nothing was sent."""

    async def largest_attachment(self, account_id: AccountId) -> int | None:
        """Octets that the account's domain allows, None for no limit."""


class SessionRegistry(Protocol):
    """Places of logged-in sessions, counted over all workers."""

    def enter(self, entry: SessionEntry, limit: int) -> None:
        """Raises OverLimit (TOO_MANY_CONNECTIONS) when the account has `limit` places of this protocol from this address."""

    def leave(self, session_id: SessionId) -> None: ...

    def entries(self) -> list[SessionEntry]: ...


class LoginDelays(Protocol):
    """Growing delays after wrong passwords, counted over all workers."""

    def delay(self, limit_key: str, login_name: str) -> float:
        """Seconds to wait before a password is looked at; the same for right and wrong ones."""

    def failed(self, limit_key: str, login_name: str) -> None: ...

    def succeeded(self, limit_key: str, login_name: str) -> None: ...

    def lock_outs(self) -> list[LockOut]:
        """Who waits now, the last failure first."""

    def forget(self, limit_key: str, login_name: str) -> None:
        """An operator lets it in again."""


class Outgoing(Protocol):
    """Where mail goes that can't be delivered here and now."""

    async def enqueue(self, envelope: Envelope, content: Content, prefix: bytes) -> object:
        """Durable on return; one row per recipient."""


class QueueStore(Protocol):
    """Mail that waits. Several workers take from it: who has the lease of a recipient is the one who tries it."""

    async def enqueue(
        self, envelope: Envelope, content: Content, prefix: bytes, lease: Lease | None = None
    ) -> list[QueueItem]:
        """Durable on return; one row per recipient, with a lease for whoever will try it at once."""

    async def due_domains(self, now: int, limit: int) -> list[str]:
        """Domains that have a recipient whose next attempt has come, that is not held and that nobody is at."""

    async def claim(self, domain: str, lease: Lease, now: int, limit: int) -> list[QueueItem]:
        """Take the lease of such recipients of one domain, the longest waiting first."""

    async def renew(self, lease: Lease, queue_ids: Sequence[QueueId]) -> None:
        """Those of them that its owner still has are kept until then."""

    async def free(self, owner: str) -> None:
        """Give back all leases of an owner, who is no more at work."""

    def has_lease(self, queue_id: QueueId, owner: str) -> bool:
        """Whether the recipient is still there, not held, and this owner's."""

    async def letter(self, message_id: MessageId) -> QueuedLetter | None:
        """The message, None when it has left the queue."""

    async def settle(
        self, settlements: Sequence[Settlement], notices: Sequence[tuple[Envelope, Content, bytes]] = ()
    ) -> None:
        """After attempts, in one transaction with the notices that follow from them (contents in memory); a message goes with its last recipient.

        Recipients that are gone meanwhile are passed over.
        """

    async def redirect(self, queue_id: QueueId, addresses: Sequence[Address]) -> None:
        """In one transaction, others instead of this recipient, due at once: its address leads there now."""

    async def items(self, selection: QueueSelection = ..., limit: int = ...) -> list[QueueItem]:
        """In the order in which they came."""

    async def page(self, selection: QueueSelection, sort: str, offset: int, limit: int) -> QueuePart:
        """A part of the list. `sort` is one of QUEUE_SORTS, with - in front for descending. Raises Malformed."""

    async def items_of(self, message_id: MessageId) -> list[QueueItem]:
        """All recipients of a message that still wait."""

    async def attempts(self, queue_id: QueueId) -> list[Attempt]:
        """The newest last, as many as are kept."""

    async def hold(self, selection: QueueSelection, *, held: bool) -> int:
        """How many changed."""

    async def retry(self, selection: QueueSelection) -> int:
        """Due AT_ONCE: now, whatever the schedule said, and though their next hop may rest."""

    async def delete(self, selection: QueueSelection) -> int:
        """Gone without a word to the sender."""

    async def count(self) -> int: ...


class TransportStore(Protocol):
    """How other domains want to be reached, and how it went."""

    def policy(self, domain: str) -> KeptPolicy | None: ...

    async def keep_policy(self, domain: str, policy: KeptPolicy) -> None: ...

    async def count_tls(self, counts: Mapping[TlsOutcome, int]) -> None:
        """Add to what is counted already; old days are dropped."""

    async def tls_counts(self, day: int) -> dict[TlsOutcome, int]: ...


class TlsLoginStore(Protocol):
    """How accounts log in over TLS, kept 30 days."""

    async def add(self, seen: Mapping[TlsLogin, tuple[int, int]]) -> None:
        """(how often, last in Unix seconds) of each; not empty. What is old, or too many of one account, is dropped."""

    async def seen(self, now: int) -> list[SeenLogin]:
        """Of accounts that are there, newest first."""


@dataclass(frozen=True, slots=True)
class GreylistTerms:
    """`now` in Unix seconds, the others in seconds."""

    now: int
    delay: int
    lifetime: int


class GreylistStore(Protocol):
    """Who has sent here before (RFC 6647), in digests; bounded, the oldest goes first. What was noted last may be lost in a crash."""

    async def meet(self, network: bytes, triplet: bytes, terms: GreylistTerms) -> int:
        """Seconds that this client must wait; 0: it is known, or has come again after the delay and is known from now on."""


class ChangeFeed(Protocol):
    """Who changed, told to whoever watches, in this worker and in the others."""

    def publish(self, notice: ChangeNotice) -> None: ...

    def watch(self, account_id: AccountId, callback: Callable[[ChangeNotice], None]) -> Callable[[], None]:
        """Call back on the loop for each notice of the account until the returned function is called."""
