"""Certificates as an operator keeps them: listed with what is wrong, checked, added, removed, made the default; and orders of them (ACME)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.certificates import AcmeStore, CertificateStore
from postroom.admin.ports.identity import Auditor
from postroom.admin.ports.settings import SettingsVersions
from postroom.model.errors import Conflict, NotFound, faulty
from postroom.model.ports import Clock
from postroom.model.security.acme import AcmeOrder, ChallengeKind
from postroom.model.security.certificate import CertificateFacts, CertificateSource, KeptCertificate
from postroom.settings.certificates import certificate_name
from postroom.settings.document import changed

PATIENCE = 360.0  # seconds for one order: authorities look from several places of the world, and the DNS takes its time
_LOOK_EVERY = 0.5  # seconds
MOST_NAMES = 100  # as the public authorities have it
_NAME = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that is kept, or is ordered and not there yet: then it has no `facts`. `problems` are phrases."""

    name: str
    facts: CertificateFacts | None
    source: CertificateSource
    is_default: bool
    problems: tuple[str, ...]
    order: AcmeOrder | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants ordered; what is None comes from the settings."""

    names: Sequence[str]
    challenge: ChallengeKind
    directory: str | None = None
    email: str | None = None
    agree: bool = False
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateRooms:
    """What the service works on."""

    store: CertificateStore
    orders: AcmeStore
    auditor: Auditor
    settings: SettingsVersions
    clock: Clock


class CertificateAdmin:
    """`announce` tells the running server to look at its settings, certificates and orders."""

    def __init__(self, rooms: CertificateRooms, announce: Callable[[], None]) -> None:
        self._rooms = rooms
        self._announce = announce

    async def certificates(self, operator: Operator) -> list[Certificate]:
        """By name."""
        operator.require(Scope.SECURITY_READ)
        kept = await asyncio.to_thread(self._rooms.store.kept, self._rooms.clock.now())
        _, settings = self._rooms.settings.current()
        orders = {order.certificate: order for order in self._rooms.orders.orders()}
        found = [
            self._seen(one, orders.pop(one.name, None), settings.certificates.default, settings.smtp.server_name)
            for one in kept
        ]
        waiting = [
            Certificate(order.certificate, None, CertificateSource.ACME, False, _order_problems(order), order)
            for order in orders.values()
        ]
        return sorted((*found, *waiting), key=lambda one: one.name)

    async def certificate(self, operator: Operator, name: str) -> Certificate:
        """Raises NotFound."""
        for one in await self.certificates(operator):
            if one.name == name:
                return one
        raise NotFound(f"there is no certificate {name}")

    async def check(self, operator: Operator, chain: bytes, key: bytes) -> CertificateFacts:
        """What would be kept, with what some programs would mind. Raises Malformed."""
        operator.require(Scope.SECURITY_READ)
        return await asyncio.to_thread(self._rooms.store.check, chain, key, self._rooms.clock.now())

    async def add(self, operator: Operator, name: str | None, chain: bytes, key: bytes) -> Certificate:
        """In the place of what has this name; without one it is named after its first host. Raises Malformed, Conflict, TryLater."""
        operator.require(Scope.SECURITY_WRITE)
        facts = await self.check(operator, chain, key)
        chosen = name or name_for(facts.names[0])
        await asyncio.to_thread(self._rooms.store.install, chosen, chain, key, self._rooms.clock.now())
        # the order of what was there would put its own certificate in the place of this one
        await self._audit(operator, "certificate added", f"{chosen} ({', '.join(facts.names[:10])})", drop=chosen)
        return await self.certificate(operator, chosen)

    async def remove(self, operator: Operator, name: str) -> None:
        """With its order. Raises NotFound, Conflict (the default one), TryLater."""
        operator.require(Scope.SECURITY_WRITE)
        found = await self.certificate(operator, name)
        if found.is_default:
            raise Conflict(f"{name} is the default certificate: make another one the default first")
        if found.facts is not None or found.order is None:
            await asyncio.to_thread(self._rooms.store.remove, name)
        await self._audit(operator, "certificate removed", name, drop=name)

    async def make_default(self, operator: Operator, name: str) -> None:
        """Raises NotFound, Conflict."""
        operator.require(Scope.SECURITY_WRITE)
        found = await self.certificate(operator, name)
        if found.facts is None:
            raise Conflict(f"the certificate {name} can't be used: {'; '.join(found.problems)}")
        await self._rooms.settings.change({"certificates.default": name}, operator.name, address=operator.address)
        self._announce()

    # orders

    def orders(self, operator: Operator) -> list[AcmeOrder]:
        operator.require(Scope.SECURITY_READ)
        return self._rooms.orders.orders()

    def wanted(self, operator: Operator, wish: Wish) -> AcmeOrder:
        """What a wish comes to, to be given to `place`. Raises Malformed."""
        operator.require(Scope.SECURITY_WRITE)
        _, settings = self._rooms.settings.current()
        if not wish.agree:
            raise faulty("agree", "the authority's terms of service must be agreed to")
        names = order_names(wish.names, wish.challenge)
        if wish.challenge is ChallengeKind.DNS and not settings.certificates.acme_dns_hook:
            raise faulty("challenge", "for dns-01 a program must be set first (certificates.acme_dns_hook)")
        chosen = {}
        if wish.directory is not None:
            chosen["certificates.acme_directory"] = wish.directory
        if wish.email is not None:
            chosen["certificates.acme_email"] = wish.email
        checked = changed(settings, chosen).certificates
        return AcmeOrder(
            _certificate_name(wish.certificate, names[0]),
            names,
            wish.challenge,
            checked.acme_directory,
            checked.acme_email,
            next_try_at=self._rooms.clock.now(),
        )

    async def place(self, operator: Operator, order: AcmeOrder) -> AcmeOrder:
        """Have it carried out at once, and renewed from then on. Raises OverLimit."""
        operator.require(Scope.SECURITY_WRITE)
        subject = f"{order.certificate} ({', '.join(order.names[:10])})"
        await self._rooms.auditor.change(
            operator,
            "certificate ordered",
            subject,
            lambda transaction: self._rooms.orders.put_order(transaction, order),
        )
        self._announce()
        return order

    async def outcome(self, order: AcmeOrder, seconds: float = PATIENCE) -> AcmeOrder:
        """What came of an order, with its fault; the order itself where nothing has within the time. Raises NotFound once it is withdrawn."""
        waited = 0.0
        while True:  # another process carries it out, and leaves word in the database alone
            found = next((one for one in self._rooms.orders.orders() if one.certificate == order.certificate), None)
            if found is None:
                raise NotFound(f"the order of {order.certificate} was withdrawn")
            if found.next_try_at != order.next_try_at or waited >= seconds:
                return found
            await asyncio.sleep(_LOOK_EVERY)
            waited += _LOOK_EVERY

    def ordered(self, operator: Operator, name: str) -> AcmeOrder:
        """To be changed. Raises NotFound where it is not one that was ordered."""
        operator.require(Scope.SECURITY_WRITE)
        found = next((order for order in self._rooms.orders.orders() if order.certificate == name), None)
        if found is None:
            raise NotFound(f"no certificate {name} is ordered (ACME)")
        return found

    async def renew(self, operator: Operator, name: str) -> AcmeOrder:
        """Now. Raises NotFound where it is not one that was ordered."""
        found = self.ordered(operator, name)
        again = AcmeOrder(
            found.certificate,
            found.names,
            found.challenge,
            found.directory,
            found.email,
            self._rooms.clock.now(),
            found.renew_at,
        )
        await self._rooms.auditor.change(
            operator, "certificate renewed", name, lambda transaction: self._rooms.orders.put_order(transaction, again)
        )
        self._announce()
        return again

    async def _audit(self, operator: Operator, what: str, subject: str, *, drop: str) -> None:
        await self._rooms.auditor.change(
            operator, what, subject, lambda transaction: self._rooms.orders.drop_order(transaction, drop)
        )
        self._announce()

    def _seen(self, kept: KeptCertificate, order: AcmeOrder | None, default: str, server_name: str) -> Certificate:
        facts = kept.facts
        is_default = kept.name == default
        problems = [*(facts.problems if facts else (f"can't be read: {kept.fault}",))]
        if facts is not None and facts.self_signed:
            problems.append("self-signed: mail programs and browsers will warn")
        if facts is not None and is_default and not is_named(server_name, facts.names):
            problems.append(f"the server's name {server_name} is not among its names")
        if order is not None:
            problems += _order_problems(order)
            source = CertificateSource.ACME
        else:
            is_own = facts is not None and facts.self_signed
            source = CertificateSource.SELF_SIGNED if is_own else CertificateSource.UPLOAD
        return Certificate(kept.name, facts, source, is_default, tuple(problems), order)


def name_for(host: str) -> str:
    """What a certificate for this host is called where nobody says it."""
    return host.replace("*", "_").replace(":", "_")[:63].rstrip(".")


def is_named(host: str, names: Sequence[str]) -> bool:
    """Whether one of a certificate's names is this host (RFC 9525 §6.3)."""
    host = host.lower()
    return host in names or f"*.{host.partition('.')[2]}" in names


def order_names(names: Sequence[str], challenge: ChallengeKind) -> tuple[str, ...]:
    """In the form of certificates, each once. Raises Malformed."""
    if not 1 <= len(names) <= MOST_NAMES:
        raise faulty("names", f"1 to {MOST_NAMES} are wanted")
    found: dict[str, None] = {}
    for name in names:
        try:
            plain = name.strip().rstrip(".").lower()
            plain = plain if plain.isascii() else plain.encode("idna").decode()
        except UnicodeError:
            plain = ""
        if len(plain) > 253 or not _NAME.match(plain):
            raise faulty("names", f"a host name such as mail.example.org is wanted, not {name[:80]!r}")
        if plain.startswith("*.") and challenge is not ChallengeKind.DNS:
            raise faulty("names", "a name with * is to be had with dns-01 only")
        found[plain] = None
    return tuple(found)


def _certificate_name(wanted: str | None, host: str) -> str:
    try:
        return certificate_name(wanted or name_for(host))
    except ValueError as error:
        raise faulty("name", str(error)) from None


def _order_problems(order: AcmeOrder) -> tuple[str, ...]:
    if order.fault:
        return (f"{'not renewed' if order.renew_at else 'not issued'} yet: {order.fault}",)
    return () if order.renew_at else ("being ordered",)
