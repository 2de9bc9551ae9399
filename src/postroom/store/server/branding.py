"""The custom logo in the server's database: what every process and node shows."""

from __future__ import annotations

from postroom.model.database import Database, Transaction
from postroom.model.operation.branding import KeptLogo


class DatabaseBranding:
    """See admin.branding.LogoStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def logo(self) -> KeptLogo | None:
        rows = self._database.read("SELECT version, png, png_2x, width, height, changed_at FROM logo")
        return KeptLogo(*rows[0]) if rows else None

    def logo_version(self) -> str | None:
        rows = self._database.read("SELECT version FROM logo")
        return str(rows[0][0]) if rows else None

    def keep(self, transaction: Transaction, logo: KeptLogo) -> None:
        transaction.execute(
            "INSERT OR REPLACE INTO logo (logo_id, version, png, png_2x, width, height, changed_at)"
            " VALUES (1, ?, ?, ?, ?, ?, ?)",
            (logo.version, logo.png, logo.png_2x, logo.width, logo.height, logo.changed_at),
        )

    def remove(self, transaction: Transaction) -> bool:
        """False where there was none."""
        return bool(transaction.execute("DELETE FROM logo RETURNING 1"))
