"""Who people are: accounts, domains, aliases, and the principal that a login makes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.model.address import Address
from postroom.model.ids import AccountId, DomainId


class Role(enum.Enum):
    """What an account may administer."""

    USER = "user"
    DOMAIN_ADMINISTRATOR = "domain administrator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain whose mail is kept here."""

    domain_id: DomainId
    name: str
    is_primary: bool
    catch_all: Address | None


@dataclass(frozen=True, slots=True)
class Account:
    """A mail user. `quota` in bytes, None for no limit."""

    account_id: AccountId
    address: Address
    display_name: str
    role: Role
    is_disabled: bool
    quota: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Alias:
    """Another address of one or more accounts or, where `target` is remote, a forward."""

    address: Address
    target: Address


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is logged in: made by the directory after a proof, carried by a session, asked by every service."""

    account_id: AccountId
    address: Address
    display_name: str
    role: Role
    login_name: str


@dataclass(frozen=True, slots=True)
class ScramSecret:
    """What SCRAM-SHA-256 needs of an account (RFC 5802 §3); shows no password."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a forward-path leads: exactly one of a local account, or a remote address."""

    forward_path: Address
    account_id: AccountId | None
    final: Address
