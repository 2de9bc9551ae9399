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
from postroom.net.certificates import CertificateFolder
from postroom.net.certificates.contexts import Answer, TlsContexts
from postroom.servers.listener import Admission
from postroom.settings.document import TLS_LISTENERS, Settings
from postroom.settings.security import CONSOLE

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
        self._contexts = TlsContexts(CertificateFolder(certificate_folder))
        self.settings = Settings()
        self.reload()

    def reload(self) -> None:
        """Take the newest settings and certificates into force."""
        try:
            _, self.settings = self._versions.current()
            self._contexts.load(
                {name: Answer(self.settings.security.profile_of(name), _ALPN.get(name, ())) for name in TLS_LISTENERS},
                self.settings.certificates.default,
            )
        except (MailError, OSError, ssl.SSLError) as error:
            log.error(
                "settings or certificate not usable, the old ones stay",
                reason=getattr(error, "detail", "") or str(error),
            )
            if not self._contexts.is_loaded:
                raise
        else:
            self.look_at_certificates()

    async def watch_certificates(self) -> None:
        """For ever: a certificate that ends is told of in the log before people's programs refuse it."""
        while True:
            self.look_at_certificates()
            await asyncio.sleep(_LOOK_AT_CERTIFICATE)

    def look_at_certificates(self) -> None:
        for name, facts in self._contexts.facts().items():
            left = facts.not_after - self.now()
            if left <= 0:
                log.error("certificate expired", certificate=name, days_ago=int(-left // 86400))
            elif left < certificates.SOON:
                log.warning("certificate expires soon", certificate=name, days_left=int(left // 86400))

    def context(self, door: str) -> ssl.SSLContext:
        """For STARTTLS and implicit TLS at this door."""
        return self._contexts.of(door)

    def admission(self, door: str) -> Admission:
        limits = self.settings.limits
        return Admission(
            context=self._contexts.of(door) if door in IMPLICIT_TLS else None,
            proxy_fronts=limits.proxy_fronts,
            trusted_networks=limits.trusted_networks,
            per_address=limits.connections_per_address,
            total=limits.connections,
        )
