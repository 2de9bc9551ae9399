"""Routing: where one forward-path leads, decided when it is named; unknown names and relaying for strangers are refused at once.

Nothing in a local part is ever taken for a route: `a%b@…`, `b!a@…` and `"a@b"@…` are names in their domain or nothing (RFC 5321 §3.6.1 leaves relaying to
those who are allowed to ask for it). Only what we have written ourselves into a rewritten reverse path (SRS) is one: its bounces go back to where the mail came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from postroom.mailauth import srs
from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.errors import Meaning, NotFound, NotPermitted
from postroom.model.ports import Directory

_ROUTE_MARKS = frozenset("@%!")  # other hosts may read a route out of these, and mail us for the relaying


async def route(
    directory: Directory,
    forward_path: Address,
    *,
    may_relay: bool,
    restored: Callable[[Address], Address | None] | None = None,
) -> list[Recipient]:
    """Raises NotFound (NO_SUCH_RECIPIENT, MAILBOX_DISABLED), NotPermitted (RELAY_DENIED). `restored` reads rewritten reverse paths."""
    address = await _known_name(directory, forward_path)
    if restored is not None and srs.is_rewritten(address) and await directory.is_local_domain(address.domain):
        original = restored(address)
        if original is None:
            raise NotFound(
                "there is no such mailbox here", meaning=Meaning.NO_SUCH_RECIPIENT, detail=f"not ours: {address}"
            )
        found = await directory.route(await _known_name(directory, original))
        return [replace(recipient, forward_path=address) for recipient in found]
    recipients = await directory.route(address)
    if recipients[0].account_id is not None or recipients[0].final != address:
        return recipients
    # it leads to itself: the domain is not ours
    if not may_relay or address.domain.startswith("[") or _ROUTE_MARKS.intersection(address.local_part):
        raise NotPermitted("this server does not relay there", meaning=Meaning.RELAY_DENIED, detail=str(forward_path))
    return recipients


async def _known_name(directory: Directory, address: Address) -> Address:
    """`<Postmaster>` gets the primary domain (RFC 5321 §4.5.1); A-labels of a domain of ours become the U-labels we keep."""
    domain = address.domain
    if not domain:
        primary = await directory.primary_domain()
        if primary is None:
            raise NotFound("there is no such mailbox here", meaning=Meaning.NO_SUCH_RECIPIENT)
        return Address(address.local_part, primary)
    own = await own_domain(directory, domain) if "xn--" in domain else None
    return address if own is None else Address(address.local_part, own)


async def own_domain(directory: Directory, domain: str) -> str | None:
    """A domain of ours as the directory writes it, which is in U-labels; None for one of somebody else."""
    if await directory.is_local_domain(domain):
        return domain
    if "xn--" not in domain:
        return None
    try:
        unicode_domain = domain.encode("ascii").decode("idna")
    except UnicodeError:
        return None
    return unicode_domain if await directory.is_local_domain(unicode_domain) else None
