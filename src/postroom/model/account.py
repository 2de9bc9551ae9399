"""Who people are: accounts, domains, aliases, and the principal that a login makes."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from postroom.model.address import Address
from postroom.model.ids import AccountId, AppPasswordId, DomainId


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


class MailProtocol(enum.StrEnum):
    """What a mail program logs in to; an app password is good for some of them."""

    SMTP = "smtp"
    IMAP = "imap"
    POP3 = "pop3"


class KeyState(enum.Enum):
    """Of a key that signs mail: it is published before it is used, and stays published for a while when it is used no more."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class DomainKey:
    """A key of a domain of ours. Times are Unix seconds."""

    domain: str
    selector: str
    kind: str
    """`rsa` or `ed25519`."""
    record: str
    """The text of its TXT record at selector._domainkey.domain."""
    private_key: bytes | None = field(repr=False)
    """PEM; None once it is retired."""
    state: KeyState
    created_at: int
    active_at: int | None = None
    retired_at: int | None = None


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
    app_password_id: AppPasswordId | None = None
    """Which app password was shown, None for the account's own."""


@dataclass(frozen=True, slots=True)
class ScramSecret:
    """What SCRAM-SHA-256 needs of an account (RFC 5802 §3); shows no password. `others` are good as well, with the same salt."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes
    app_password_id: AppPasswordId | None = None
    others: tuple[ScramSecret, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a forward-path leads: exactly one of a local account, or a remote address."""

    forward_path: Address
    account_id: AccountId | None
    final: Address
