"""Submission: mail of those who have logged in, to anywhere, under their own addresses (RFC 6409)."""

from __future__ import annotations

from collections.abc import Callable

from postroom.model.address import Address
from postroom.model.email import Source
from postroom.model.errors import Defect, Meaning, NotPermitted
from postroom.msa.header_editor import HeaderEditor
from postroom.mta.client import Client, MailOptions
from postroom.mta.transaction import MailTransaction, Rooms, Terms, check_declared_size
from postroom.settings.smtp import SmtpSettings


class Submission:
    """One per worker."""

    def __init__(self, rooms: Rooms, settings: Callable[[], SmtpSettings]) -> None:
        self._rooms = rooms
        self._settings = settings

    async def mail(self, client: Client, reverse_path: Address | None, options: MailOptions) -> MailTransaction:
        """Begin. Raises NotPermitted (SENDER_NOT_OWNED), OverLimit (TOO_BIG)."""
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
        editor = HeaderEditor(directory, self._rooms.clock, principal, check_from=settings.sender_must_belong)
        return MailTransaction(
            self._rooms, client, reverse_path, options, Terms(Source.SUBMISSION, True, settings, editor)
        )
