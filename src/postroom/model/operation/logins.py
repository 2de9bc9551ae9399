"""Who is logged in to the console, what API tokens there are, and lines of the audit log. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from postroom.model.account import Account


class Changer(Protocol):
    """Who changes something, as history and audit write it."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str:
        """From where; empty for the command line."""


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that is logged in."""

    token_hash: bytes
    """SHA-256 of what the browser holds; the token itself is kept nowhere."""
    account: Account
    created_at: int
    seen_at: int
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a program shows instead of a login."""

    token_id: int
    account: Account
    name: str
    scopes: frozenset[str]
    created_at: int
    expires_at: int | None
    used_at: int | None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change by an operator: who, what, to whom or what, and from which address (empty: the command line)."""

    audit_id: int
    at: int
    who: str
    what: str
    subject: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditSelection:
    """Lines with all words of `text`, at or after `since` and before `until`."""

    text: str = ""
    since: int | None = None
    until: int | None = None
