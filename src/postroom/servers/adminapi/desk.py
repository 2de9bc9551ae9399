"""Desk: the services behind the routes, and how a route gets at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from postroom.admin.audit import AuditReader
from postroom.admin.backups import Backups
from postroom.admin.branding import Branding
from postroom.admin.first_setup import FirstSetupAdmin
from postroom.admin.identity import Identity
from postroom.admin.indexing import IndexingAdmin
from postroom.admin.jobs import Jobs
from postroom.admin.overview import OverviewAdmin
from postroom.admin.people.account_csv import AccountTable
from postroom.admin.people.accounts import Accounts
from postroom.admin.people.aliases import Aliases
from postroom.admin.people.domain_dns import DomainDns
from postroom.admin.people.domains import Domains
from postroom.admin.people.groups import Groups
from postroom.admin.presence import Presence
from postroom.admin.queue import QueueAdmin
from postroom.admin.security.certificates import CertificateAdmin
from postroom.admin.security.tls import TlsAdmin
from postroom.admin.settings import SettingsAdmin
from postroom.model.session import IpAddress
from postroom.settings.document import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """One for each process that serves the API."""

    current: Callable[[], Settings]
    """The settings in force."""
    trusted: Callable[[IpAddress], bool]
    """Whether an address waits for nothing after wrong passwords."""
    version: str
    identity: Identity
    settings: SettingsAdmin
    overview: OverviewAdmin
    presence: Presence
    indexing: IndexingAdmin
    queue: QueueAdmin
    audit: AuditReader
    jobs: Jobs
    branding: Branding
    backups: Backups
    setup: FirstSetupAdmin
    tls: TlsAdmin
    certificates: CertificateAdmin
    accounts: Accounts
    domains: Domains
    domain_dns: DomainDns
    groups: Groups
    aliases: Aliases
    table: AccountTable


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


AtDesk = Annotated[Desk, Depends(_desk)]
