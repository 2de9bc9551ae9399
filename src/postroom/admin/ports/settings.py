"""Port of the settings' versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from postroom.settings.document import Settings

Difference = tuple[str, Any, Any]
"""(path, old, new) in JSON form; a secret only says whether it is set."""


class Version(Protocol):
    """One saved document, without its text."""

    @property
    def version(self) -> int: ...
    @property
    def changed_at(self) -> int: ...
    @property
    def changed_by(self) -> str: ...
    @property
    def summary(self) -> str: ...


class SettingsVersions(Protocol):
    """Every version of the settings; the newest is in force."""

    def current(self) -> tuple[int, Settings]: ...

    def version(self) -> int: ...

    def check(self, changes: dict[str, Any]) -> list[Difference]:
        """What `change` would do. Raises Malformed."""

    async def change(
        self, changes: dict[str, Any], who: str, *, base: int | None = None, address: str = ""
    ) -> list[Difference]:
        """Raises Malformed naming the field, Conflict where there is a newer version than `base`; then nothing has changed."""

    async def undo(self, who: str, *, base: int | None = None, address: str = "") -> list[Difference]:
        """Raises Conflict where there is nothing to undo."""

    def history(self, limit: int = 100, offset: int = 0) -> Sequence[Version]:
        """Newest first."""

    def difference(self, version: int) -> list[Difference] | None:
        """What one version changed, None where that can't be told any more. Raises NotFound."""
