"""The first set-up in a browser: whoever holds the one-time link acts as the administrator of a server that has none yet, until it is finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from postroom.admin.operator import Operator, Scope
from postroom.admin.people.accounts import Accounts
from postroom.admin.people.domains import Domains
from postroom.admin.ports.identity import Auditor, FirstSetup
from postroom.admin.security.certificates import CertificateAdmin, is_named
from postroom.model.account import Role
from postroom.model.administration import Selection
from postroom.model.errors import Conflict, NotFound
from postroom.model.security.certificate import CertificateSource
from postroom.settings.document import Settings


@dataclass(frozen=True, slots=True)
class SetupState:
    """How far it is; empty texts for what is not there yet."""

    server_name: str
    domain: str
    administrator: str
    certificate_names: tuple[str, ...]
    certificate_is_self_signed: bool


@dataclass(frozen=True, slots=True)
class SetupRooms:
    """What the set-up asks. `make_certificate` makes a self-signed one for a name."""

    setup: FirstSetup
    auditor: Auditor
    current: Callable[[], Settings]
    domains: Domains
    accounts: Accounts
    certificates: CertificateAdmin
    make_certificate: Callable[[str], tuple[bytes, bytes]]


class FirstSetupAdmin:
    def __init__(self, rooms: SetupRooms) -> None:
        self._rooms = rooms

    @property
    def is_open(self) -> bool:
        return self._rooms.setup.is_open

    async def state(self, operator: Operator) -> SetupState:
        """Raises NotFound when it is finished."""
        operator.require(Scope.SETTINGS_WRITE)
        self._check_open()
        rooms = self._rooms
        domains = await rooms.domains.page(operator, Selection())
        accounts = await rooms.accounts.page(operator, Selection(sort="created_at", limit=500))
        administrator = next((one.row for one in accounts.items if one.row.account.role is Role.ADMINISTRATOR), None)
        certificates = await rooms.certificates.certificates(operator)
        default = next((one for one in certificates if one.is_default), None)
        facts = default.facts if default is not None else None
        return SetupState(
            server_name=rooms.current().smtp.server_name,
            domain=next((one.name for one in domains.items if one.is_primary), ""),
            administrator=str(administrator.account.address) if administrator is not None else "",
            certificate_names=facts.names if facts is not None else (),
            certificate_is_self_signed=facts.self_signed if facts is not None else False,
        )

    async def finish(self, operator: Operator) -> None:
        """The link is good no more. Raises Conflict while there is no domain or no administrator, NotFound when it is finished."""
        state = await self.state(operator)
        if not state.domain:
            raise Conflict("add a domain first")
        if not state.administrator:
            raise Conflict("add an administrator first")
        rooms = self._rooms
        if state.certificate_is_self_signed and not is_named(state.server_name, state.certificate_names):
            await self._name_certificate(operator, state.server_name)
        await rooms.auditor.change(operator, "first set-up finished", state.server_name, rooms.setup.finish)

    async def _name_certificate(self, operator: Operator, server_name: str) -> None:
        """The self-signed one was made before the server had its name."""
        certificates = await self._rooms.certificates.certificates(operator)
        default = next(one for one in certificates if one.is_default)
        if default.source is CertificateSource.SELF_SIGNED:
            chain, key = await asyncio.to_thread(self._rooms.make_certificate, server_name)
            await self._rooms.certificates.add(operator, default.name, chain, key)

    def _check_open(self) -> None:
        if not self._rooms.setup.is_open:
            raise NotFound("this server is set up already")
