"""The services of an administrator, joined to the adapters: for the command line, the REST API and the console alike."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.admin.indexing import IndexingAdmin
from postroom.admin.people.account_csv import AccountTable
from postroom.admin.people.accounts import Accounts
from postroom.admin.people.aliases import Aliases
from postroom.admin.people.domain_dns import DomainDns
from postroom.admin.people.domains import Domains
from postroom.admin.people.groups import Groups
from postroom.admin.settings import SettingsAdmin
from postroom.app.adapters import Adapters
from postroom.net.answer_cache import AnswerCache
from postroom.net.resolver import DnsResolver, Server, system_servers
from postroom.notify.local import SETTINGS
from postroom.settings.document import Settings
from postroom.settings.network import dns_server
from postroom.store.server.database import LocalAuditor


@dataclass(frozen=True, slots=True)
class People:
    """Accounts, domains, groups and aliases."""

    accounts: Accounts
    domains: Domains
    groups: Groups
    aliases: Aliases
    table: AccountTable


def build_people(adapters: Adapters) -> People:
    store = adapters.administration
    accounts = Accounts(store, store, adapters.store)
    aliases = Aliases(store)
    return People(
        accounts, Domains(store, adapters.clock), Groups(store), aliases, AccountTable(store, accounts, aliases)
    )


def build_indexing(adapters: Adapters, people: People | None = None) -> IndexingAdmin:
    """The full-text index, for an operator."""
    return IndexingAdmin(
        adapters.index_states,
        (people or build_people(adapters)).accounts,
        LocalAuditor(adapters.database, adapters.clock),
        lambda: adapters.settings.current()[1].search,
        SettingsAdmin(adapters.settings, lambda: adapters.bus.send(SETTINGS)).change,
    )


def build_domain_dns(adapters: Adapters, people: People) -> DomainDns:
    """With a resolver that keeps no answers."""

    def settings() -> Settings:
        return adapters.settings.current()[1]

    def servers() -> list[Server]:
        return [dns_server(text) for text in settings().network.dns_servers] or system_servers()

    return DomainDns(people.domains, DnsResolver(servers, cache=AnswerCache(0)), settings)
