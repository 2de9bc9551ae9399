"""TLS as an operator sees it: the profiles, which listener has which, and who would be shut out by others (SPEC 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from postroom.admin.operator import Operator, Scope
from postroom.admin.ports.certificates import Profiles
from postroom.model.ports import Clock, TlsLoginStore
from postroom.model.security.tls import ProfileFacts, SeenLogin
from postroom.settings.document import TLS_LISTENERS, Settings
from postroom.settings.security import SecuritySettings, TlsProfile


@dataclass(frozen=True, slots=True)
class ListenerProfile:
    """`override` None where the system-wide profile counts; `effective` is what is answered."""

    name: str
    profile: TlsProfile
    override: TlsProfile | None
    effective: TlsProfile


@dataclass(frozen=True, slots=True)
class TlsOverview:
    """`guidelines` names what the profiles are pinned to."""

    guidelines: str
    profiles: list[ProfileFacts]
    listeners: list[ListenerProfile]


class TlsAdmin:
    """Reads only: the profile is changed as every setting is."""

    def __init__(
        self, profiles: Profiles, logins: TlsLoginStore, settings: Callable[[], Settings], clock: Clock
    ) -> None:
        self._profiles = profiles
        self._logins = logins
        self._settings = settings
        self._clock = clock

    def overview(self, operator: Operator) -> TlsOverview:
        operator.require(Scope.SECURITY_READ)
        security = self._settings().security
        listeners = [
            ListenerProfile(name, security.tls_profile, security.tls_overrides.get(name), security.profile_of(name))
            for name in TLS_LISTENERS
        ]
        return TlsOverview(self._profiles.guidelines, self._profiles.facts(), listeners)

    async def refused(
        self, operator: Operator, profile: TlsProfile | None, overrides: Mapping[str, TlsProfile] | None
    ) -> list[SeenLogin]:
        """Logins of the last 30 days that these would shut out, newest first; None is what is set now."""
        operator.require(Scope.SECURITY_READ)
        operator.require_everything()
        now = self._settings().security
        wanted = SecuritySettings(
            tls_profile=now.tls_profile if profile is None else profile,
            tls_overrides=now.tls_overrides if overrides is None else dict(overrides),
        )
        return [seen for seen in await self._logins.seen(self._clock.now()) if self._is_refused(seen, wanted)]

    def _is_refused(self, seen: SeenLogin, wanted: SecuritySettings) -> bool:
        login = seen.login
        return not self._profiles.answers(wanted.profile_of(login.listener), login.version, login.cipher)
