"""Security › TLS profile level (SPEC 3)."""

from __future__ import annotations

import enum

from postroom.settings.page import Page, setting

CONSOLE = "console"
"""The listener of the console and its API: no mail listener, and the profile applies to it too."""


class TlsProfile(enum.StrEnum):
    """Named after the published server-side TLS guidelines; their contents are in net.tls_profiles."""

    MODERN = "modern"
    INTERMEDIATE = "intermediate"
    OLD = "old"


class SecuritySettings(Page):
    tls_profile: TlsProfile = setting(
        TlsProfile.INTERMEDIATE,
        "TLS profile level",
        "System-wide. Port 25 is never stricter than intermediate, since old servers would fall back to clear; the console is never older.",
    )
    tls_overrides: dict[str, TlsProfile] = setting(
        {}, "Overrides", "A profile for one listener: imaps, pop3s, submissions, imap, pop3, submission, mx, console."
    )
    app_passwords_only: bool = setting(
        False,
        "App passwords only, with a second factor",
        "Mail programs of accounts that have a second factor need an app password: their own password is refused there, since a program can't be asked for a code.",
    )

    def profile_of(self, listener: str) -> TlsProfile:
        """The profile that a listener answers by."""
        return effective(listener, self.tls_profile, self.tls_overrides)


def effective(listener: str, profile: TlsProfile, overrides: dict[str, TlsProfile]) -> TlsProfile:
    """What comes of a profile and its overrides at one listener."""
    wanted = overrides.get(listener, profile)
    if listener == "mx" and wanted is TlsProfile.MODERN:
        return TlsProfile.INTERMEDIATE  # SPEC 3: a stricter port 25 makes old servers fall back to clear
    if listener == CONSOLE and wanted is TlsProfile.OLD:
        return TlsProfile.INTERMEDIATE  # every browser that can show the console has TLS 1.2
    return wanted
