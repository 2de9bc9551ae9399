"""Live: the settings in force in this worker and what is derived from them, TLS contexts first. Asked at every connection, so a change acts at once.

A certificate or profile that can't be loaded leaves the old contexts in place and is logged as an error.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from postroom.model.errors import MailError
from postroom.net import certificates
from postroom.net.tls_profiles import server_context
from postroom.servers.listener import Admission
from postroom.settings.document import CONSOLE, LISTENERS, Settings
from postroom.settings.security import TlsProfile

log = structlog.get_logger()

_LOOK_AT_CERTIFICATE = 3600.0  # seconds between two looks; a reload looks too
IMPLICIT_TLS = ("submissions", "pop3s", "imaps", CONSOLE)
_ALPN = {
    "imaps": ("imap",),
    "pop3s": ("pop3",),
    CONSOLE: ("http/1.1",),
}  # names of the RFC 7301 registry, told to clients that ask


class SettingsSource(Protocol):
    """Where settings are kept."""

    def current(self) -> tuple[int, Settings]:
        """(version, settings). Raises MailError."""


class Live:
    """Reads the newest settings when told to; everything else is a look-up."""

    def __init__(
        self, versions: SettingsSource, certificate_folder: Path, now: Callable[[], float] = time.time
    ) -> None:
        self._versions = versions
        self.now = now
        self._folder = certificate_folder
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.settings = Settings()
        self.reload()

    def reload(self) -> None:
        """Take the newest settings and certificates into force."""
        try:
            _, self.settings = self._versions.current()
            self._contexts = {name: self._context(name) for name in (*LISTENERS, CONSOLE)}
        except (MailError, OSError, ssl.SSLError) as error:
            log.error(
                "settings or certificate not usable, the old ones stay",
                reason=getattr(error, "detail", "") or str(error),
            )
            if not self._contexts:
                raise
        else:
            self.look_at_certificate()

    async def watch_certificate(self) -> None:
        """For ever: a certificate that ends is told of in the log before people's programs refuse it."""
        while True:
            self.look_at_certificate()
            await asyncio.sleep(_LOOK_AT_CERTIFICATE)

    def look_at_certificate(self) -> None:
        try:
            left = certificates.valid_until(self._folder) - self.now()
        except (OSError, ValueError) as error:
            log.error("certificate not readable", reason=str(error))
            return
        if left <= 0:
            log.error("certificate expired", days_ago=int(-left // 86400))
        elif left < certificates.SOON:
            log.warning("certificate expires soon", days_left=int(left // 86400))

    def context(self, door: str) -> ssl.SSLContext:
        """For STARTTLS and implicit TLS at this door."""
        return self._contexts[door]

    def admission(self, door: str) -> Admission:
        limits = self.settings.limits
        return Admission(
            context=self._contexts[door] if door in IMPLICIT_TLS else None,
            proxy_fronts=limits.proxy_fronts,
            trusted_networks=limits.trusted_networks,
            per_address=limits.connections_per_address,
            total=limits.connections,
        )

    def _context(self, name: str) -> ssl.SSLContext:
        security = self.settings.security
        profile = security.tls_overrides.get(name, security.tls_profile)
        if name == "mx" and profile is TlsProfile.MODERN:
            profile = TlsProfile.INTERMEDIATE  # SPEC 3: a stricter port 25 makes old servers fall back to clear
        folder = self._folder
        return server_context(
            profile, folder / certificates.CHAIN_NAME, folder / certificates.KEY_NAME, _ALPN.get(name, ())
        )
