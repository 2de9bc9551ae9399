"""Reception: mail from other servers (MX) and from local programs (LMTP): for local recipients, and onward only for networks that may relay."""

from __future__ import annotations

from collections.abc import Callable

from postroom.model.address import Address
from postroom.model.email import Source
from postroom.mta.checks.addresses import holds, plain
from postroom.mta.checks.pipeline import Checks
from postroom.mta.client import Client, MailOptions
from postroom.mta.foreign_results import ForgedResults
from postroom.mta.transaction import MailTransaction, Rooms, Terms, check_declared_size
from postroom.settings.smtp import SmtpSettings


class Reception:
    """One per worker."""

    def __init__(self, rooms: Rooms, settings: Callable[[], SmtpSettings], checks: Checks | None = None) -> None:
        self._rooms = rooms
        self._settings = settings
        self._checks = checks

    async def mail(self, client: Client, reverse_path: Address | None, options: MailOptions) -> MailTransaction:
        """Begin; the null reverse-path is None. Raises OverLimit (TOO_BIG, TOO_MANY_MESSAGES)."""
        settings = self._settings()
        check_declared_size(options, settings)
        source = Source.LMTP if client.lmtp else Source.SMTP
        may_relay = not client.lmtp and holds(settings.relay_networks, plain(client.address))
        checks = self._checks.begin(client, reverse_path) if self._checks is not None else None
        own = {settings.server_name, Address("", settings.server_name).ascii_domain}
        editor = ForgedResults(frozenset(name.lower().encode() for name in own))
        terms = Terms(source, may_relay, settings, editor, checks=checks)
        return MailTransaction(self._rooms, client, reverse_path, options, terms)
