"""Security › TLS profile level (SPEC 3)."""

from __future__ import annotations

import enum

from postroom.settings.page import Page, setting


class TlsProfile(enum.StrEnum):
    """Named after the published server-side TLS guidelines; their contents are in net.tls_profiles."""

    MODERN = "modern"
    INTERMEDIATE = "intermediate"
    OLD = "old"


class SecuritySettings(Page):
    tls_profile: TlsProfile = setting(
        TlsProfile.INTERMEDIATE,
        "TLS profile level",
        "System-wide. Port 25 is never stricter than intermediate, since old servers would fall back to clear.",
    )
    tls_overrides: dict[str, TlsProfile] = setting(
        {}, "Overrides", "A profile for one listener: imaps, pop3s, submissions, imap, pop3, submission, mx."
    )
    app_passwords_only_with_second_factor: bool = setting(
        False,
        "App passwords only, with a second factor",
        "Mail programs of accounts that have a second factor need an app password: their own password is refused there, since a program can't be asked for a code.",
    )
