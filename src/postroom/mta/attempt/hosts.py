"""Hosts: where mail for a domain may be handed to, in order (RFC 5321 §5.1, RFC 7505).

    MX found                by preference, equal ones shuffled; ours and what is not better than ours left out
    MX "."                  the domain takes no mail
    no MX                   the domain's own addresses
    no such name            there is no such domain
    no answer               later

Addresses come one host at a time, as they are needed. What can't be another mail server (loopback, private, link-local, unspecified, multicast, our own) is never
called: a name in somebody's DNS must not reach into this network (THREATS A1.18).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Collection, MutableSequence
from dataclasses import dataclass
from typing import Any

from postroom.mailauth import names
from postroom.model.dns import Answer, MxRecord, Resolver
from postroom.model.relaying.relay import Progress, Report
from postroom.model.session import IpAddress

MOST_HOSTS = 10  # of one domain that an attempt looks at; larger lists are attacks or mistakes
MOST_ADDRESSES = 6  # of one host: three of each family
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in it may be anything


@dataclass(frozen=True, slots=True)
class Ways:
    """What this machine is and may do. `own_names` and `own_addresses` are this server's."""

    resolver: Resolver
    own_names: Collection[str]
    own_addresses: Collection[str]
    may_be_private: bool
    shuffle: Callable[[MutableSequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Route:
    """Host names of a domain in order; `is_authentic` where DNSSEC vouches for the list (RFC 7672 §2.1.1)."""

    domain: str
    hosts: tuple[str, ...]
    is_authentic: bool


@dataclass(frozen=True, slots=True)
class Host:
    """A host with its addresses, IPv6 and IPv4 in turn."""

    name: str
    addresses: tuple[IpAddress, ...]
    is_authentic: bool
    aliases: tuple[str, ...] = ()


def _later(status: str, reply: str) -> Report:
    return Report(Progress.DEFERRED, status, reply, of_host=True)


def _never(status: str, reply: str) -> Report:
    return Report(Progress.FAILED, status, reply)


async def route(domain: str, ways: Ways) -> Route | Report:
    """Where mail for this domain goes, or why it can't go anywhere. A domain in brackets is an address literal (RFC 5321 §4.1.3)."""
    if domain.startswith("["):
        return Route(domain, (domain,), is_authentic=False)
    name = names.normal(domain)
    if name is None:
        return _never("5.1.2", "this is no domain name")
    answer = await ways.resolver.mx(name)
    if answer.has_failed:
        return _later("4.4.3", f"no answer from the DNS about {name}: {answer.reason or 'server failure'}")
    if answer.records:
        return _from_mx(name, answer, ways)
    own = await _addresses(name, ways)
    if isinstance(own, Report):
        return own
    if not own.addresses:
        return _never("5.1.2", f"there is no domain {name}, or it has neither MX nor addresses")
    return Route(name, (name,), answer.is_authentic)


def _from_mx(domain: str, answer: Answer[MxRecord], ways: Ways) -> Route | Report:
    records = list(answer.records)
    if len(records) == 1 and not records[0].host:
        return _never("5.1.10", f"{domain} takes no mail (null MX)")
    own = [record.preference for record in records if record.host in ways.own_names]
    if own:
        records = [record for record in records if record.preference < min(own)]
        if not records:
            return _never("5.4.6", f"mail for {domain} is to come here, and this server does not know it")
    ways.shuffle(records)
    records.sort(key=lambda record: record.preference)
    hosts = dict.fromkeys(record.host for record in records if record.host)
    if not hosts:
        return _never("5.1.10", f"{domain} takes no mail (null MX)")
    return Route(domain, tuple(hosts)[:MOST_HOSTS], answer.is_authentic)


async def host(name: str, ways: Ways) -> Host | Report:
    """The addresses of one host that may be called, or why there is none."""
    if name.startswith("["):
        return _literal(name, ways)
    found = await _addresses(name, ways)
    if isinstance(found, Report):
        return found
    if not found.addresses:
        return _later("4.4.4", f"{name} has no address")
    usable = tuple(address for address in found.addresses if is_callable(address, ways))
    if not usable:
        return _never("5.4.4", f"{name} leads to an address that mail is not sent to: {found.addresses[0]}")
    return Host(name, usable, found.is_authentic, found.aliases)


async def _addresses(name: str, ways: Ways) -> Host | Report:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(ways.resolver.aaaa(name))
        second = group.create_task(ways.resolver.a(name))
    six, four = first.result(), second.result()
    if not six.records and not four.records and (six.has_failed or four.has_failed):
        failed = four if four.has_failed else six
        return _later("4.4.3", f"no answer from the DNS about {name}: {failed.reason or 'server failure'}")
    mixed: list[IpAddress] = []
    for at in range(MOST_ADDRESSES // 2):
        mixed += six.records[at : at + 1]
        mixed += four.records[at : at + 1]
    answered = [answer for answer in (six, four) if answer.records]
    is_authentic = bool(answered) and all(answer.is_authentic for answer in answered)
    return Host(name, tuple(mixed), is_authentic, four.aliases or six.aliases)


def _literal(text: str, ways: Ways) -> Host | Report:
    inner = text[1:-1]
    inner = inner[5:] if inner[:5].lower() == "ipv6:" else inner
    try:
        address = ipaddress.ip_address(inner)
    except ValueError:
        return _never("5.1.3", f"{text} is no address")
    if not is_callable(address, ways):
        return _never("5.4.4", f"mail is not sent to the address {text}")
    return Host(text, (address,), is_authentic=False)


def is_callable(address: IpAddress, ways: Ways) -> bool:
    """Whether a host of the world may have it."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_unspecified or address.is_multicast:
        return False
    if ways.may_be_private:
        return True
    is_odd = (address.version == 4 and address in _SHARED) or (address.version == 6 and address in _TRANSLATED)
    return address.is_global and not is_odd and str(address) not in ways.own_addresses
