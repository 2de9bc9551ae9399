"""Reports: which notifications a sender is owed, and the message that carries them."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from postroom.message import compose, dsn
from postroom.message.dsn import Action, RecipientStatus
from postroom.model.address import Address
from postroom.model.email import Content
from postroom.model.envelope import DsnRequest, Envelope, EnvelopeRecipient
from postroom.model.ids import BlobId
from postroom.model.ports import Clock, Directory
from postroom.model.relaying.queue import QueuedLetter
from postroom.settings.smtp import SmtpSettings

log = structlog.get_logger()

RETURNED = (
    50_000  # octets: a larger message is returned by its header alone, whatever RET says (RFC 3461 §6.2 allows it)
)
NAME = "Mail Delivery System"
_NEVER = DsnRequest(("NEVER",), None)
_8BIT = re.compile(rb"[\x80-\xff]")
_WANTS = {
    Action.FAILED: "FAILURE",
    Action.DELAYED: "DELAY",
    Action.DELIVERED: "SUCCESS",
    Action.RELAYED: "SUCCESS",
    Action.EXPANDED: "SUCCESS",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A message of ours on its way to the queue."""

    envelope: Envelope
    content: Content
    prefix: bytes


Sign = Callable[[bytes, bytes, str], Awaitable[bytes]]
"""(header with its empty line, body, domain) → fields to stand in front; b"" where there is no key: model.ports.Signer."""


class Reporter:
    """One per worker."""

    def __init__(
        self, directory: Directory, clock: Clock, settings: Callable[[], SmtpSettings], sign: Sign | None = None
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._settings = settings
        self._sign = sign

    async def report(
        self, letter: QueuedLetter, statuses: Sequence[tuple[DsnRequest, RecipientStatus]]
    ) -> list[Report]:
        """At most one for each kind of action: none where nobody wants it (RFC 3461 §4.1, §6.2). Raises OSError where the file of the message can't be read."""
        sender = letter.reverse_path
        wanted = [status for request, status in statuses if is_wanted(request, status.action)]
        if sender is None:
            for status in wanted:
                if status.action is Action.FAILED:
                    log.warning("a report could not be delivered", recipient=status.final_recipient, reply=status.reply)
            return []
        kinds = [
            [status for status in wanted if status.action is Action.FAILED],
            [status for status in wanted if status.action is Action.DELAYED],
            [status for status in wanted if _WANTS[status.action] == "SUCCESS"],
        ]
        return [await self._build(letter, sender, group) for group in kinds if group]

    async def _build(self, letter: QueuedLetter, sender: Address, group: Sequence[RecipientStatus]) -> Report:
        name = Address("", self._settings().server_name).ascii_domain
        domain = await self._directory.primary_domain() or name
        returned, is_whole = await _start(letter)
        failed = group[0].action is Action.FAILED
        notice = dsn.Notice(
            reporting_mta=name,
            header_from=compose.mailbox(f"MAILER-DAEMON@{Address('', domain).ascii_domain}", NAME),
            to=str(sender),
            at=self._clock.now(),
            message_id=compose.message_id(secrets.token_hex(16), name),
            arrived_at=letter.queued_at,
            recipients=group,
            returned=returned,
            is_full=failed and is_whole and letter.envelope.ret != "HDRS",
            envelope_id=letter.envelope.envelope_id,
            smtputf8=letter.envelope.smtputf8,
        )
        message = dsn.build(notice)
        header, _, body = message.partition(b"\r\n\r\n")
        prefix = await self._sign(header + b"\r\n\r\n", body, domain) if self._sign is not None else b""
        envelope = Envelope(
            None,
            (EnvelopeRecipient(sender, _NEVER),),
            body_8bit=bool(_8BIT.search(message)),
            smtputf8=notice.is_global,
        )
        content = Content(BlobId(hashlib.sha256(message).digest()), len(message), message, None)
        return Report(envelope, content, prefix)


def is_wanted(request: DsnRequest, action: Action) -> bool:
    """Without NOTIFY, failures and delays are (RFC 3461 §4.1)."""
    if request.notify is None:
        return _WANTS[action] != "SUCCESS"
    return _WANTS[action] in request.notify


async def _start(letter: QueuedLetter) -> tuple[bytes, bool]:
    """The message, or its beginning, and whether it is whole."""
    content, room = letter.content, RETURNED - len(letter.prefix)
    if content.data is not None:
        data = content.data[: max(room, 0)]
    else:
        data = await asyncio.to_thread(_read, content.path or "", max(room, 0))
    return letter.prefix + data, len(data) == content.size


def _read(path: str, size: int) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(size)
