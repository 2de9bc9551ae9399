"""Renewal: carries orders of certificates out and renews them, in the first worker.

A certificate is renewed when a third of its life is left, or earlier where the authority asks for it (ARI). What fails is tried again after 10 minutes, then
after ever longer times up to a day; the old certificate stays until then, and is told of by the log and on its page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from postroom.admin.operator import Operator
from postroom.admin.ports.certificates import Issuer
from postroom.admin.security.certificates import CertificateRooms
from postroom.model.errors import MailError, NotFound
from postroom.model.security.acme import AcmeAccount, AcmeOrder, Issued
from postroom.model.security.certificate import CertificateFacts, CertificateSource

log = structlog.get_logger()

_LOOK_EVERY = 60.0  # seconds
_FIRST_PAUSE = 600  # seconds after a failure; authorities count failures by the hour
_LONGEST_PAUSE = 86_400
_ASK_EVERY = 21_600  # seconds between two questions when to renew (RFC 9773 §4.3)
_WHO = Operator("certificate renewal")


class Renewal:
    """One per server. `announce` tells every worker that certificates are new."""

    def __init__(self, rooms: CertificateRooms, issuer: Issuer, announce: Callable[[], None]) -> None:
        self._rooms = rooms
        self._issuer = issuer
        self._announce = announce
        self._woken = asyncio.Event()
        self._asked: dict[str, int] = {}

    def wake(self) -> None:
        """There may be a new order."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._woken.clear()
            try:
                await self.look()
            except MailError as error:
                log.error("orders of certificates can't be read", reason=error.detail or error.public)
            try:
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def look(self) -> None:
        """Carry out all that is due."""
        now = self._rooms.clock.now()
        for order in self._rooms.orders.orders():
            if order.next_try_at <= now:
                await self._try(order)
            elif order.renew_at is not None and now - self._asked.get(order.certificate, 0) >= _ASK_EVERY:
                self._asked[order.certificate] = now
                await self._ask(order)

    async def _try(self, order: AcmeOrder) -> None:
        log.info(
            "certificate ordered", certificate=order.certificate, names=list(order.names), directory=order.directory
        )
        try:
            issued = await self._issued(order)
            if not any(
                one.certificate == order.certificate and one.names == order.names for one in self._rooms.orders.orders()
            ):
                log.info("order withdrawn", certificate=order.certificate)
                return
            now = self._rooms.clock.now()
            facts = await asyncio.to_thread(self._rooms.store.install, order.certificate, issued.chain, issued.key, now)
        except MailError as error:
            await self._failed(order, error)
            return
        renew_at = facts.not_after - (facts.not_after - facts.not_before) // 3
        if renew_at <= now:  # one that lives for minutes, or a clock that is wrong: not in a circle
            renew_at = now + _FIRST_PAUSE
        done = replace(order, renew_at=renew_at, next_try_at=renew_at, failures=0, fault="")
        await self._rooms.orders.note_result(done)
        self._asked[order.certificate] = 0
        log.info("certificate issued", certificate=order.certificate, until=facts.not_after, renewal=renew_at)
        await self._take_over(order.certificate)
        self._announce()

    async def _issued(self, order: AcmeOrder) -> Issued:
        account = self._rooms.orders.account(order.directory) or await self._registered(order)
        try:
            return await self._issuer.issue(account, order)
        except NotFound:
            await self._rooms.orders.forget_account(order.directory)
            return await self._issuer.issue(await self._registered(order), order)

    async def _registered(self, order: AcmeOrder) -> AcmeAccount:
        account = await self._issuer.register(order.directory, order.email)
        await self._rooms.orders.keep_account(account)
        return account

    async def _failed(self, order: AcmeOrder, error: MailError) -> None:
        pause = min(_FIRST_PAUSE * 2 ** min(order.failures, 10), _LONGEST_PAUSE)
        again = self._rooms.clock.now() + pause
        log.error(
            "certificate not issued",
            certificate=order.certificate,
            reason=error.public,
            detail=error.detail,
            again_in=pause,
        )
        failed = replace(order, next_try_at=again, failures=order.failures + 1, fault=error.public)
        await self._rooms.orders.note_result(failed)

    async def _ask(self, order: AcmeOrder) -> None:
        """When the authority wants it renewed; earlier than we would counts at once."""
        try:
            chain = await asyncio.to_thread(self._rooms.store.chain, order.certificate)
            suggested = await self._issuer.suggested(order.directory, chain)
        except MailError as error:
            log.warning("renewal not asked for", certificate=order.certificate, reason=error.public)
            return
        if suggested is not None and order.renew_at is not None and suggested < order.renew_at:
            log.info("certificate renewed earlier", certificate=order.certificate, at=suggested)
            await self._rooms.orders.note_result(replace(order, renew_at=suggested, next_try_at=suggested))

    async def _take_over(self, name: str) -> None:
        """The first certificate that an authority signed takes the place of the self-signed default one."""
        _, settings = self._rooms.settings.current()
        default = settings.certificates.default
        kept = await asyncio.to_thread(self._rooms.store.kept, self._rooms.clock.now())
        facts: dict[str, CertificateFacts | None] = {one.name: one.facts for one in kept}
        in_force = facts.get(default)
        if default != name and in_force is not None and in_force.self_signed:
            await self._rooms.settings.change({"certificates.default": name}, _WHO.name)
            log.info("default certificate changed", certificate=name, source=CertificateSource.ACME.value)
