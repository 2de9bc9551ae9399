"""The pipeline: which checks a message goes through at which stage, and what is made of all that they say.

    MAIL      how many messages the address and its network have sent              refused at once
    RCPT      reverse DNS, block lists and SPF, asked at the first recipient that is here, so that a search for names costs no lookup;
              then greylisting and how many messages the account has had           refused for this recipient; postmaster is spared (RFC 5321 §4.5.1)
    content   DKIM and ARC as it streams, then DMARC                               refused at its end

The hardest verdict counts (model.verdict). What was found is written into one Authentication-Results field in front of the message (RFC 8601 §4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from postroom.mailauth import arrival, findings, results
from postroom.mailauth.arrival import Authentication, Sender, SenderResults
from postroom.mailauth.results import MethodResult
from postroom.mailauth.spf.check import SpfResult, SpfStatus
from postroom.mailauth.stream import MessageReader
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.dns import Resolver
from postroom.model.errors import Meaning, OverLimit
from postroom.model.ports import Clock, GreylistStore
from postroom.model.session import IpAddress
from postroom.model.verdict import ACCEPTED, Action, Verdict, worst
from postroom.mta.checks import block_lists, dkim, dmarc, greylisting, marks, reverse_dns, spf
from postroom.mta.checks.addresses import holds, network_of, plain
from postroom.mta.checks.budget import CONTENT_SECONDS, SENDER_SECONDS, BudgetResolver
from postroom.mta.checks.finding import Finding, out_of_order
from postroom.mta.checks.rates import Rates
from postroom.mta.client import Client
from postroom.settings.checks import CheckSettings, Outage
from postroom.settings.document import Settings

log = structlog.get_logger()

_POSTMASTER = "postmaster"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a message that may pass gets: fields in front of it, what is known of its sender (None where that check broke), and the client's verified name."""

    prefix: bytes
    authentication: Authentication | None
    client_name: str = ""


@dataclass(frozen=True, slots=True)
class CheckRooms:
    """What checks need of the world."""

    resolver: Resolver
    greylist: GreylistStore
    clock: Clock


@dataclass(slots=True)
class _Counts:
    """Of one worker."""

    addresses: Rates = field(default_factory=Rates)
    networks: Rates = field(default_factory=Rates)
    accounts: Rates = field(default_factory=Rates)


class Checks:
    """One per worker."""

    def __init__(self, rooms: CheckRooms, settings: Callable[[], Settings]) -> None:
        self._rooms = rooms
        self._settings = settings
        self._counts = _Counts()

    def begin(self, client: Client, reverse_path: Address | None) -> MessageChecks | None:
        """At MAIL, for one message; None where nothing is checked. Raises OverLimit (TOO_MANY_MESSAGES)."""
        settings = self._settings()
        address = plain(client.address)
        exempt = (settings.checks.exempt_networks, settings.smtp.relay_networks)
        if client.lmtp or any(holds(networks, address) for networks in exempt):
            return None
        is_trusted = holds(settings.limits.trusted_networks, address)
        if not is_trusted:
            self._count(address, settings.checks)
        receiver = Address("", settings.smtp.server_name).ascii_domain
        sender = Sender(address, client.helo, reverse_path, receiver)
        one = _Message(sender, str(client.session_id), is_trusted)
        return MessageChecks(self._rooms, settings.checks, one, self._counts.accounts)

    def _count(self, address: IpAddress, settings: CheckSettings) -> None:
        now = asyncio.get_running_loop().time()
        key = network_of(address, v4=32, v6=64)
        if not self._counts.addresses.take(key, settings.messages_per_address, now):
            raise _too_many("from your address", key)
        key = network_of(address, v4=24, v6=48)
        if not self._counts.networks.take(key, settings.messages_per_network, now):
            raise _too_many("from your network", key)


@dataclass(frozen=True, slots=True)
class _Message:
    """`is_trusted`: only what says who the author is, SPF, DKIM and DMARC, is looked at."""

    sender: Sender
    session_id: str
    is_trusted: bool


class MessageChecks:
    """One message: `recipient` for each that is here, `write` for each piece, `finish` at the end."""

    def __init__(self, rooms: CheckRooms, settings: CheckSettings, message: _Message, accounts: Rates) -> None:
        self._rooms = rooms
        self._settings = settings
        self._sender = message.sender
        self._session_id = message.session_id
        self._is_trusted = message.is_trusted
        self._accounts = accounts
        self._resolver = BudgetResolver(rooms.resolver)
        self._reader: MessageReader | None = MessageReader()
        self._of_client: list[Finding] | None = None
        self._spf = _no_spf(message.sender)

    async def recipient(self, forward_path: Address, recipients: Sequence[Recipient]) -> None:
        """Raises NotPermitted, TryLater with the meaning of the check that refuses; OverLimit (TOO_MANY_MESSAGES)."""
        found = await self._judge_client()
        verdict = worst(finding.verdict for finding in found)
        if forward_path.local_part.casefold() == _POSTMASTER:
            return
        if verdict.refuses:
            raise verdict.error()
        if self._is_trusted:
            return
        if self._settings.greylisting:
            greylist = self._greylist(forward_path)
            greyed = await self._guarded(greylisting.CHECK, greylist, self._settings.greylisting_outage)
            if greyed.verdict.refuses:
                raise greyed.verdict.error()
        now, limit = asyncio.get_running_loop().time(), self._settings.messages_per_account
        for account_id in {recipient.account_id for recipient in recipients} - {None}:
            if not self._accounts.take(str(account_id), limit, now):
                raise _too_many("for this recipient", str(forward_path))

    def write(self, data: bytes) -> None:
        """The next piece, as it came."""
        if self._reader is None:
            return
        try:
            self._reader.write(data)
        except Exception:
            log.exception("check failed", session=self._session_id, check="content")
            self._reader = None

    async def finish(self, identifier: str) -> Checked:
        """Raises NotPermitted, TryLater as `recipient` does."""
        found = list(await self._judge_client())
        self._resolver.start(CONTENT_SECONDS)
        authentication = await self._authenticate()
        verdict = self._judge_content(authentication)
        # who is refused by what is known of the client got here by postmaster alone
        verdict = worst([verdict, *(_spared(one.verdict) for one in found)])
        methods = self._methods(found, authentication)
        self._log(identifier, methods, verdict)
        if verdict.refuses:
            raise verdict.error()
        prefix = results.build(self._sender.receiver, methods) + marks.field(verdict)
        client_name = next((one.client_name for one in found if one.client_name), "")
        return Checked(prefix, authentication, client_name)

    async def _judge_client(self) -> list[Finding]:
        """Once for the message, all at the same time."""
        if self._of_client is None:
            self._resolver.start(SENDER_SECONDS)
            settings, address = self._settings, self._sender.address
            checks = [self._guarded(spf.CHECK, self._check_spf(), settings.spf_outage)]
            if not self._is_trusted:
                named = reverse_dns.check(address, self._resolver, settings)
                checks.append(self._guarded(reverse_dns.CHECK, named, settings.reverse_dns_outage))
                if settings.dnsbl_zones:
                    listed = block_lists.check(address, self._resolver, settings)
                    checks.append(self._guarded(block_lists.CHECK, listed, settings.dnsbl_outage))
            self._of_client = await asyncio.gather(*checks)
        return self._of_client

    async def _check_spf(self) -> Finding:
        """Its results are written with those of the content: see `_methods`."""
        self._spf = await arrival.check_sender(self._sender, self._resolver, self._rooms.clock.now())
        return Finding(spf.judge(self._spf, self._sender.address, self._settings))

    async def _greylist(self, forward_path: Address) -> Finding:
        paths = (self._sender.reverse_path, forward_path)
        now = self._rooms.clock.now()
        return Finding(await greylisting.judge(self._sender.address, paths, self._rooms.greylist, now, self._settings))

    async def _guarded(self, name: str, check: Awaitable[Finding], outage: Outage) -> Finding:
        """A check that breaks is our fault: told once in the log, and an outage."""
        try:
            return await check
        except Exception as error:
            log.exception("check failed", session=self._session_id, check=name)
            return Finding(out_of_order(name, outage, repr(error)))

    async def _authenticate(self) -> Authentication | None:
        if self._reader is None:
            return None
        try:
            message = self._reader.finish()
            return await arrival.authenticate(message, self._spf, self._resolver, self._rooms.clock.now())
        except Exception:
            log.exception("check failed", session=self._session_id, check="content")
            return None

    def _judge_content(self, found: Authentication | None) -> Verdict:
        settings = self._settings
        if found is None:
            outages = ((dmarc.CHECK, settings.dmarc_outage), (dkim.CHECK, settings.dkim_outage))
            return worst(out_of_order(name, outage, "the check broke") for name, outage in outages)
        return worst([dmarc.judge(found.dmarc, found.arc, settings), dkim.judge(found.dkim, settings)])

    def _methods(self, found: Sequence[Finding], authentication: Authentication | None) -> list[MethodResult]:
        others = [method for finding in found for method in finding.methods]
        if authentication is not None:
            return [*authentication.methods(), *others]
        path, helo = self._spf.reverse_path, self._spf.helo
        return [findings.of_spf(path, self._spf.shown_path), findings.of_spf(helo, helo.domain), *others]

    def _log(self, identifier: str, methods: Sequence[MethodResult], verdict: Verdict) -> None:
        log.info(
            "message checked",
            session=self._session_id,
            message=identifier,
            results=" ".join(f"{one.method}={one.result}" for one in methods),
            verdict=verdict.action.name.lower(),
            check=verdict.check,
            reason=verdict.detail,
        )


def _spared(verdict: Verdict) -> Verdict:
    """Of a client that is refused, tagged; of one that can't be looked up, nothing."""
    if not verdict.refuses:
        return verdict
    return replace(verdict, action=Action.TAG) if verdict.action is Action.REJECT else ACCEPTED


def _too_many(whose: str, key: str) -> OverLimit:
    return OverLimit(f"too many messages {whose}, try again later", meaning=Meaning.TOO_MANY_MESSAGES, detail=key)


def _no_spf(sender: Sender) -> SenderResults:
    """While nothing is known, and where the check broke."""
    unknown = SpfResult(
        SpfStatus.TEMPERROR, "mailfrom", sender.reverse_path.domain if sender.reverse_path else sender.helo
    )
    helo = SpfResult(SpfStatus.TEMPERROR, "helo", sender.helo)
    shown = str(sender.reverse_path) if sender.reverse_path else f"postmaster@{sender.helo}"
    return SenderResults(helo, unknown, shown)
