"""Settings as an operator reads and changes them: pages, validation without saving, saving as a whole, history, undo."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.settings import Difference, SettingsVersions, Version
from postroom.model.errors import Fault, Malformed
from postroom.settings import description
from postroom.settings.description import SettingsPage
from postroom.settings.document import Settings, changed
from postroom.settings.security import TlsProfile

_MOST_CHANGES = 500  # paths in one request; there are about a hundred settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did, or would do."""

    version: int
    differences: list[Difference]
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history."""

    version: int
    changed_at: int
    changed_by: str
    summary: str
    differences: list[Difference] | None


class SettingsAdmin:
    """`announce` tells the running server to look at its settings."""

    def __init__(self, versions: SettingsVersions, announce: Callable[[], None]) -> None:
        self._versions = versions
        self._announce = announce

    def read(self, operator: Operator) -> tuple[int, list[SettingsPage]]:
        operator.require(Scope.SETTINGS_READ)
        version, settings = self._versions.current()
        return version, description.pages(settings)

    def validate(self, operator: Operator, changes: dict[str, Any]) -> Outcome:
        """Raises Malformed as `change` would; nothing is changed."""
        operator.require(Scope.SETTINGS_READ)
        version, new = self._prepared(operator, changes)
        return Outcome(version, self._versions.check(changes), warnings(new))

    async def change(self, operator: Operator, changes: dict[str, Any], base: int | None) -> Outcome:
        """All or nothing. Raises Malformed naming the fields, Conflict where there is a newer version than `base`."""
        operator.require(Scope.SETTINGS_WRITE)
        _, new = self._prepared(operator, changes)
        found = await self._versions.change(changes, operator.name, base=base, address=operator.address)
        self._announce()
        return Outcome(self._versions.version(), found, warnings(new))

    async def undo(self, operator: Operator, base: int | None) -> Outcome:
        """The version before the newest, as a new one. Raises Conflict."""
        operator.require(Scope.SETTINGS_WRITE)
        found = await self._versions.undo(operator.name, base=base, address=operator.address)
        self._announce()
        version, settings = self._versions.current()
        return Outcome(version, found, warnings(settings))

    def history(self, operator: Operator, limit: int, offset: int) -> tuple[list[Change], int]:
        """Newest first, and how many there are."""
        operator.require(Scope.SETTINGS_READ)
        found: Sequence[Version] = self._versions.history(limit, offset)
        return [
            Change(one.version, one.changed_at, one.changed_by, one.summary, self._versions.difference(one.version))
            for one in found
        ], self._versions.version()

    def _prepared(self, operator: Operator, changes: dict[str, Any]) -> tuple[int, Settings]:
        if not changes:
            raise Malformed("name at least one setting to change")
        if len(changes) > _MOST_CHANGES:
            raise Malformed(f"at most {_MOST_CHANGES} settings are changed at once")
        version, old = self._versions.current()
        new = changed(old, changes)
        _check_not_shut_out(operator, new)
        return version, new


def warnings(settings: Settings) -> list[str]:
    """What an administrator should know of settings that are allowed."""
    found = []
    security = settings.security
    old = [name for name, profile in security.tls_overrides.items() if profile is TlsProfile.OLD]
    if security.tls_profile is TlsProfile.OLD or old:
        where = f" at {', '.join(sorted(old))}" if security.tls_profile is not TlsProfile.OLD else ""
        found.append(f"TLS 1.0 and 1.1 are offered{where}; RFC 8996 forbids them.")
    if not settings.imap_pop3.prohibit_plaintext:
        found.append("Passwords may be sent over connections that are not encrypted.")
    if not settings.console.https.enabled:
        found.append("The console is closed; it is opened again by: postroom settings set console.https.enabled on")
    if not any(door.enabled for door in settings.listeners().values()):
        found.append("No mail port is open.")
    return found


def _check_not_shut_out(operator: Operator, settings: Settings) -> None:
    """Nobody takes the console away from under their own feet. Raises Malformed."""
    networks = settings.console.networks
    if not networks or not operator.address:
        return
    address = ipaddress.ip_address(operator.address)
    if not any(address.version == network.version and address in network for network in networks):
        text = f"your own address {address} is in none of these networks"
        raise Malformed(f"console.networks: {text}", faults=[Fault("console.networks", text)])
