"""MailTransaction: one message from MAIL to its durable end (RFC 5321 §3.3).

The door calls `recipient` for each RCPT, `start_content`, `write` for each piece, then `finish` or `discard`; after either the transaction is over. What
submission changes in a message it does through an Editor, which stands between the door and the staged content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from postroom.message import trace
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.email import Content, Source
from postroom.model.envelope import DsnRequest
from postroom.model.errors import MailError, Meaning, OverLimit
from postroom.model.ports import Clock, Directory, StagedContent, Staging
from postroom.mta.checks.pipeline import Checked, MessageChecks
from postroom.mta.client import Client, MailOptions
from postroom.mta.dispatch import Dispatch, Dispatched, Target
from postroom.mta.forwarding import Forwarding
from postroom.mta.receipts import members
from postroom.mta.routing import route
from postroom.settings.smtp import SmtpSettings

log = structlog.get_logger()

_UNCHECKED = Checked(b"", None)


class Editor(Protocol):
    """What may change a message on its way into staging."""

    def write(self, data: bytes, staged: StagedContent) -> None: ...

    async def finish(self, staged: StagedContent) -> bytes:
        """Write what is left; returns fields to stand in front. Raises MailError to refuse the message."""


class Inspector(Protocol):
    """Looks at a message that is whole."""

    async def inspect(self, content: Content) -> None:
        """Raises MailError to refuse it."""


class Allowance(Protocol):
    """How many recipients on other servers the client may still have."""

    async def check(self, count: int) -> None:
        """Raises OverLimit (SENDING_LIMIT) where the message can't have so many."""

    async def take(self, count: int) -> None:
        """Count them, durable, or raise as `check` does."""

    async def give_back(self, count: int) -> None:
        """Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a transaction may do: `may_relay` to other domains, and what becomes of its content."""

    source: Source
    may_relay: bool
    settings: SmtpSettings
    editor: Editor | None = None
    allowance: Allowance | None = None
    checks: MessageChecks | None = None
    """Of mail that other servers bring."""
    inspector: Inspector | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every transaction needs of the world."""

    directory: Directory
    staging: Staging
    dispatch: Dispatch
    clock: Clock
    forwarding: Forwarding | None = None


class MailTransaction:
    """See the module; not to be used by two tasks."""

    __slots__ = ("_client", "_groups", "_options", "_paths", "_rooms", "_staged", "_terms", "reverse_path")

    def __init__(
        self, rooms: Rooms, client: Client, reverse_path: Address | None, options: MailOptions, terms: Terms
    ) -> None:
        self._rooms = rooms
        self._client = client
        self._options = options
        self._terms = terms
        self._groups: list[list[Target]] = []
        self._paths: list[Address] = []
        self._staged: StagedContent | None = None
        self.reverse_path = reverse_path

    async def recipient(self, forward_path: Address, dsn: DsnRequest) -> list[Recipient]:
        """Accept one RCPT. Raises NotFound (NO_SUCH_RECIPIENT, MAILBOX_DISABLED), NotPermitted (RELAY_DENIED), OverLimit (TOO_MANY, SENDING_LIMIT), TryLater;
        and what a check refuses (MessageChecks.recipient)."""
        limit = self._terms.settings.max_recipients
        if len(self._paths) >= limit:
            raise OverLimit(f"at most {limit} recipients in one message")
        forwarding = self._rooms.forwarding
        recipients = await route(
            self._rooms.directory,
            forward_path,
            may_relay=self._terms.may_relay,
            restored=forwarding.restored if forwarding is not None else None,
        )
        if self._terms.checks is not None:
            await self._terms.checks.recipient(forward_path, recipients)
        group = members(dsn, recipients)
        if self._terms.allowance is not None:
            await self._terms.allowance.check(self._count_remote(group))
        self._groups.append(group)
        self._paths.append(forward_path)
        return recipients

    def start_content(self) -> None:
        """Raises TryLater."""
        self._staged = self._rooms.staging.start()

    def write(self, data: bytes) -> None:
        """The next piece. Raises TryLater (STORAGE_FULL); then only `discard` is left."""
        assert self._staged is not None
        if self._terms.checks is not None:
            self._terms.checks.write(data)
        if self._terms.editor is None:
            self._staged.write(data)
        else:
            self._terms.editor.write(data, self._staged)

    async def finish(self, identifier: str) -> list[MailError | None]:
        """Deliver and queue; `identifier` names the message in Received and in the log.

        One result for each recipient in LMTP (RFC 2033 §4.2), else one for all; None is durable. Raises MailError: nothing was done.
        """
        staged = self._staged
        assert staged is not None
        try:
            checks = self._terms.checks
            checked = await checks.finish(identifier) if checks is not None else _UNCHECKED
            added = await self._terms.editor.finish(staged) if self._terms.editor is not None else b""
            content = await staged.finish()
            if self._terms.inspector is not None:
                await self._terms.inspector.inspect(content)
            return await self._send_counted(content, identifier, added, checked)
        finally:
            self.discard()

    def discard(self) -> None:
        """Forget the content, if any has come."""
        if self._staged is not None:
            self._staged.discard()
            self._staged = None

    def _count_remote(self, more: Sequence[Target] = ()) -> int:
        """Recipients on other servers, each once; 0 where `more` has none."""
        if more and all(target.recipient.account_id is not None for target in more):
            return 0
        targets = [target for group in (*self._groups, more) for target in group]
        return len({target.key for target in targets if target.recipient.account_id is None})

    async def _send_counted(
        self, content: Content, identifier: str, added: bytes, checked: Checked
    ) -> list[MailError | None]:
        """What is sent to other servers is counted before it leaves; crashed in between, too much is counted and never too little."""
        allowance = self._terms.allowance
        count = self._count_remote() if allowance is not None else 0
        if allowance is None or not count:
            return await self._send(content, identifier, added, checked)
        await allowance.take(count)
        results: list[MailError | None] = []
        try:
            results = await self._send(content, identifier, added, checked)
        finally:
            if None not in results:
                await allowance.give_back(count)
        return results

    async def _send(self, content: Content, identifier: str, added: bytes, checked: Checked) -> list[MailError | None]:
        groups = self._groups
        if not self._client.lmtp:
            groups = [[target for group in groups for target in group]]
        message = Dispatched(
            self.reverse_path,
            self._options,
            content,
            checked.prefix + self._received(identifier, checked.client_name) + added,
            self._terms.source,
            groups,
            checked.authentication,
        )
        results = await self._rooms.dispatch.send(message, self._terms.settings.max_hops)
        if None in results:
            log.info(
                "message accepted",
                session=self._client.session_id,
                message=identifier,
                source=self._terms.source.value,
                reverse_path=str(self.reverse_path or ""),
                recipients=[str(path) for path in self._paths[:10]],
                count=len(self._paths),
                size=content.size,
            )
        return results

    def _received(self, identifier: str, client_name: str) -> bytes:
        client = self._client
        return trace.received(
            trace.Reception(
                helo=client.helo,
                client_address=str(client.address),
                by=Address("", self._terms.settings.server_name).ascii_domain,
                protocol=client.protocol(smtputf8=self._options.smtputf8),
                queue_id=identifier,
                at=self._rooms.clock.now(),
                client_name=client_name or None,
                tls=client.tls or None,
                recipient=str(self._paths[0]) if len(self._paths) == 1 else None,
            )
        )


def check_declared_size(options: MailOptions, settings: SmtpSettings) -> None:
    """RFC 1870 §6.1. Raises OverLimit (TOO_BIG)."""
    if options.size is not None and options.size > settings.max_message_size:
        raise too_big(settings)


def too_big(settings: SmtpSettings) -> OverLimit:
    return OverLimit(f"a message may have at most {settings.max_message_size} octets", meaning=Meaning.TOO_BIG)
