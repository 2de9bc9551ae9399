"""Routing: where one forward-path leads, decided when it is named; unknown names and relaying for strangers are refused at once.

Nothing in a local part is ever taken for a route: `a%b@…`, `b!a@…` and `"a@b"@…` are names in their domain or nothing (RFC 5321 §3.6.1 leaves relaying to
those who are allowed to ask for it).
"""

from __future__ import annotations

from postroom.model.account import Recipient
from postroom.model.address import Address
from postroom.model.errors import Meaning, NotFound, NotPermitted
from postroom.model.ports import Directory

_ROUTE_MARKS = frozenset("@%!")  # other hosts may read a route out of these, and mail us for the relaying


async def route(directory: Directory, forward_path: Address, *, may_relay: bool) -> list[Recipient]:
    """Raises NotFound (NO_SUCH_RECIPIENT, MAILBOX_DISABLED), NotPermitted (RELAY_DENIED)."""
    address = await _known_name(directory, forward_path)
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
    if "xn--" in domain:
        try:
            unicode_domain = domain.encode("ascii").decode("idna")
        except UnicodeError:
            return address
        if await directory.is_local_domain(unicode_domain):
            return Address(address.local_part, unicode_domain)
    return address
