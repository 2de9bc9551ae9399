"""What an administrator asks of the directory and is told by it: selections, rows of lists, changes, and the line that the audit log gets."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from postroom.model.account import Account, MailProtocol, Role
from postroom.model.address import Address
from postroom.model.ids import AppPasswordId, GroupId

T = TypeVar("T")

MAX_LISTED = 500
MAX_MEMBERS = 1000
"""As many as one address may lead to (directory.routing)."""
MAX_APP_PASSWORDS = 50


class Unchanged(enum.Enum):
    """Stands in a change for what stays; None is a value of its own there."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


class AddressFormat(enum.StrEnum):
    """How a domain makes the local part of an address from a person's name."""

    FIRST_LAST = "first.last"
    INITIAL_LAST = "flast"
    FIRST = "first"
    LAST_FIRST = "last.first"


@dataclass(frozen=True, slots=True)
class AuditNote:
    """Who did what to whom, and from which IP address (empty for the command line)."""

    who: str
    what: str
    subject: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """One page of a list. `domains` None is every domain; `sort` names a column of the list."""

    search: str = ""
    sort: str = ""
    descending: bool = False
    offset: int = 0
    limit: int = 50
    domains: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page of a list, and how many there are in all."""

    items: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as a list shows it, without what its mail store knows."""

    account: Account
    sending_limit: int | None
    last_login_at: int | None
    has_second_factor: bool
    has_password: bool
    aliases: list[Address] = field(default_factory=list)
    groups: list[Address] = field(default_factory=list)
    administers: list[str] = field(default_factory=list)
    """Domains of a domain administrator."""


@dataclass(frozen=True, slots=True)
class Known:
    """What some addresses are here: accounts, by key, keys that an alias or a group has, and all domains of ours."""

    accounts: dict[str, AccountRow]
    taken: frozenset[str]
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewAccount:
    """`password` None: nobody can log in until one is set. `quota` UNCHANGED: what the domain gives its accounts."""

    address: Address
    password: str | None = field(default=None, repr=False)
    display_name: str = ""
    role: Role = Role.USER
    quota: int | Unchanged | None = UNCHANGED
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is given changes, all in one transaction. `administers` are the domains of a domain administrator."""

    display_name: str | Unchanged = UNCHANGED
    role: Role | Unchanged = UNCHANGED
    is_disabled: bool | Unchanged = UNCHANGED
    quota: int | Unchanged | None = UNCHANGED
    sending_limit: int | Unchanged | None = UNCHANGED
    password: str | Unchanged = field(default=UNCHANGED, repr=False)
    address: Address | Unchanged = UNCHANGED
    administers: frozenset[str] | Unchanged = UNCHANGED


AccountGuard = Callable[[Account, frozenset[str]], None]
"""Asked in the transaction that changes an account, with the domains it administers: raises NotFound or NotPermitted."""


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A domain as a list shows it."""

    name: str
    is_primary: bool
    accounts: int
    aliases: int
    groups: int
    catch_all: Address | None
    sending_limit: int | None
    account_quota: int | None
    largest_attachment: int | None
    address_format: AddressFormat
    administrators: list[Address] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DomainChange:
    """What is given changes. `is_primary` takes the place from the domain that has it."""

    catch_all: Address | Unchanged | None = UNCHANGED
    sending_limit: int | Unchanged | None = UNCHANGED
    account_quota: int | Unchanged | None = UNCHANGED
    largest_attachment: int | Unchanged | None = UNCHANGED
    address_format: AddressFormat | Unchanged = UNCHANGED
    is_primary: bool = False
    administrators: tuple[Address, ...] | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True)
class Group:
    """An address that delivers to its members, which may be groups again."""

    group_id: GroupId
    address: Address
    name: str
    description: str
    member_count: int
    members: list[Address] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What is given changes; `members` replaces all, `add` and `remove` change some."""

    name: str | Unchanged = UNCHANGED
    description: str | Unchanged = UNCHANGED
    address: Address | Unchanged = UNCHANGED
    members: tuple[Address, ...] | Unchanged = UNCHANGED
    add: tuple[Address, ...] = ()
    remove: tuple[Address, ...] = ()


GroupGuard = Callable[[Group], None]


@dataclass(frozen=True, slots=True)
class AliasRow:
    """One alias with all it leads to."""

    address: Address
    targets: list[Address]


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A password that one program has, good for some protocols; what it is nobody can read again."""

    app_password_id: AppPasswordId
    name: str
    protocols: frozenset[MailProtocol]
    created_at: int
    last_used_at: int | None
