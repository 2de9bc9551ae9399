"""Submission: mail of those who have logged in, to anywhere, under their own addresses (RFC 6409)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from postroom.model.address import Address
from postroom.model.email import Source
from postroom.model.errors import Defect, Malformed, Meaning, NotPermitted
from postroom.model.ids import AccountId
from postroom.model.ports import SendingLimits
from postroom.msa.attachments import AttachmentLimit, new_turns
from postroom.msa.header_editor import HeaderEditor, ReadSigner
from postroom.mta.client import Client, MailOptions
from postroom.mta.transaction import MailTransaction, Rooms, Terms, check_declared_size
from postroom.settings.sending import DAY, SendingSettings
from postroom.settings.smtp import SmtpSettings


@dataclass(frozen=True, slots=True)
class AccountAllowance:
    """See mta.transaction.Allowance."""

    limits: SendingLimits
    account_id: AccountId
    usual: int

    async def check(self, count: int) -> None:
        if count:
            await self.limits.check(self.account_id, count, self.usual)

    async def take(self, count: int) -> None:
        await self.limits.take(self.account_id, count, self.usual)

    async def give_back(self, count: int) -> None:
        await self.limits.give_back(self.account_id, count)


@dataclass(frozen=True, slots=True)
class Sending:
    """What becomes of submitted mail beside its delivery: signatures and counts."""

    signer: ReadSigner
    limits: SendingLimits
    settings: Callable[[], SendingSettings]


class Submission:
    """One per worker."""

    def __init__(self, rooms: Rooms, settings: Callable[[], SmtpSettings], sending: Sending) -> None:
        self._rooms = rooms
        self._settings = settings
        self._sending = sending
        self._turns = new_turns()

    async def mail(self, client: Client, reverse_path: Address | None, options: MailOptions) -> MailTransaction:
        """Begin. Raises NotPermitted (SENDER_NOT_OWNED), OverLimit (TOO_BIG), Malformed (a release too far ahead)."""
        principal = client.principal
        if principal is None:
            raise Defect("submission without a login")
        settings = self._settings()
        check_declared_size(options, settings)
        if reverse_path is None:
            raise NotPermitted("a submitted message needs a sender address", meaning=Meaning.SENDER_NOT_OWNED)
        directory = self._rooms.directory
        if settings.sender_must_belong and not await directory.owns_address(principal.account_id, reverse_path):
            raise NotPermitted(
                "this sender address does not belong to the account that logged in",
                meaning=Meaning.SENDER_NOT_OWNED,
                detail=f"{principal.address} as {reverse_path}",
            )
        sending = self._sending
        editor = HeaderEditor(
            directory, self._rooms.clock, principal, check_from=settings.sender_must_belong, signer=sending.signer
        )
        allowance = AccountAllowance(sending.limits, principal.account_id, sending.settings().recipients_per_day)
        options = self._with_release(options)
        largest = await sending.limits.largest_attachment(principal.account_id)
        inspector = AttachmentLimit(largest, self._turns) if largest is not None else None
        terms = Terms(Source.SUBMISSION, True, settings, editor, allowance, inspector=inspector)
        return MailTransaction(self._rooms, client, reverse_path, options, terms)

    def _with_release(self, options: MailOptions) -> MailOptions:
        """RFC 4865 §4: no later than was announced; a moment that is past is now."""
        if options.release_at is None:
            return options
        now, longest = self._rooms.clock.now(), self._sending.settings().longest_hold
        if options.release_at > now + longest * DAY:
            raise Malformed(f"a message can be held for at most {longest} days")
        return options if options.release_at > now else replace(options, release_at=None)
