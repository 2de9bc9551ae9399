"""The custom logo as an operator sets it: preview, set, reset (SPEC 4)."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Protocol

from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.identity import Auditor
from postroom.extras.logo import Logo, prepare
from postroom.model.database import Transaction
from postroom.model.errors import NotFound
from postroom.model.operation.branding import KeptLogo
from postroom.model.ports import Clock


class LogoStore(Protocol):
    """Where the logo is kept."""

    def logo(self) -> KeptLogo | None: ...

    def logo_version(self) -> str | None: ...

    def keep(self, transaction: Transaction, logo: KeptLogo) -> None: ...

    def remove(self, transaction: Transaction) -> bool:
        """False where there was none."""


class Branding:
    def __init__(self, store: LogoStore, auditor: Auditor, clock: Clock) -> None:
        self._store = store
        self._auditor = auditor
        self._clock = clock

    def shown(self) -> KeptLogo | None:
        """None: the built-in logo."""
        return self._store.logo()

    def logo(self) -> KeptLogo:
        """For everybody. Raises NotFound where the built-in one is shown."""
        found = self._store.logo()
        if found is None:
            raise NotFound("there is no custom logo")
        return found

    async def preview(self, operator: Operator, data: bytes) -> Logo:
        """What it would look like. Raises Malformed, OverLimit."""
        operator.require(Scope.SETTINGS_WRITE)
        return await asyncio.to_thread(prepare, data)

    async def set_logo(self, operator: Operator, data: bytes) -> KeptLogo:
        """Live at once. Raises Malformed, OverLimit."""
        logo = await self.preview(operator, data)
        version = hashlib.sha256(logo.png_2x).hexdigest()[:16]
        kept = KeptLogo(version, logo.png, logo.png_2x, logo.width, logo.height, self._clock.now())
        what = f"{logo.width} x {logo.height} pixels"
        await self._auditor.change(operator, "logo set", what, lambda transaction: self._store.keep(transaction, kept))
        return kept

    async def reset(self, operator: Operator) -> None:
        """The built-in one again; nothing to do is no error."""
        operator.require(Scope.SETTINGS_WRITE)
        if self._store.logo_version() is not None:
            await self._auditor.change(operator, "logo reset", "", lambda transaction: self._store.remove(transaction))
