"""Operator: who asks for something, and what that one may (SPEC 2: administrator, domain administrator)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from postroom.model.address import Address
from postroom.model.errors import NotFound, NotPermitted
from postroom.model.ids import AccountId


class Scope(enum.StrEnum):
    """What an API token may be good for; a person who logged in has all that the role allows."""

    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    QUEUE_READ = "queue:read"
    QUEUE_WRITE = "queue:write"
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_WRITE = "connections:write"
    SECURITY_READ = "security:read"
    SECURITY_WRITE = "security:write"
    AUDIT_READ = "audit:read"
    HEALTH_READ = "health:read"
    BACKUP_READ = "backup:read"
    BACKUP_WRITE = "backup:write"


OF_DOMAINS = frozenset({Scope.ACCOUNTS_READ, Scope.ACCOUNTS_WRITE})
"""What a domain administrator may, within own domains; all else concerns the whole server."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is what history and audit write; `domains` None is every domain: an administrator, or the command line of the machine."""

    name: str
    domains: frozenset[str] | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    account_id: AccountId | None = None
    """None for the command line."""
    address: str = ""
    """From where, as an IP address; empty for the command line."""

    def require(self, scope: Scope) -> None:
        """Raises NotPermitted."""
        if scope not in self.scopes or (self.domains is not None and scope not in OF_DOMAINS):
            raise NotPermitted(f"this needs the right {scope.value}")

    def has_domain(self, domain: str) -> bool:
        return self.domains is None or domain in self.domains

    def require_domain(self, domain: str) -> None:
        """Raises NotFound: a domain of others is not there for a domain administrator."""
        if not self.has_domain(domain):
            raise NotFound(f"there is no domain {domain}")

    def require_address(self, address: Address) -> None:
        """Raises NotFound, as `require_domain`."""
        self.require_domain(address.domain)

    def require_everything(self) -> None:
        """Raises NotPermitted for whoever administers single domains."""
        if self.domains is not None:
            raise NotPermitted("only an administrator of the whole server may do this")
