"""What is known of TLS profiles and of the logins that came over TLS."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.model.ids import AccountId


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """One profile as people see it; `missing` of its versions and ciphers are not in this OpenSSL."""

    name: str
    title: str
    versions: tuple[str, ...]
    ciphers: tuple[str, ...]
    missing: tuple[str, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class TlsLogin:
    """How one account logs in: `version` such as "TLSv1.2", `cipher` by OpenSSL's name, `client` as it names itself, or empty."""

    account_id: AccountId
    protocol: str
    listener: str
    version: str
    cipher: str
    client: str


@dataclass(frozen=True, slots=True)
class SeenLogin:
    """A kind of login that was seen, with the account's address of today. `last_at` in Unix seconds."""

    account: str
    login: TlsLogin
    count: int
    last_at: int
