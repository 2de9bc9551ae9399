"""Greylisting: a network that has not sent here before is told to come again, which mail servers do and most junk does not (RFC 6647).

What is remembered is a digest of client network, reverse path and recipient (RFC 6647 §2.3); when it came again after the delay, the whole network is known,
and passes at once from then on. The null reverse path passes: delaying bounces helps nobody, and callers who ask whether an address is there go away.
"""

from __future__ import annotations

import hashlib

from postroom.model.address import Address
from postroom.model.errors import MailError, Meaning
from postroom.model.ports import GreylistStore, GreylistTerms
from postroom.model.session import IpAddress
from postroom.model.verdict import ACCEPTED, Action, Verdict
from postroom.mta.checks.addresses import network_of
from postroom.mta.checks.finding import out_of_order
from postroom.settings.checks import CheckSettings

CHECK = "greylisting"
_DIGEST = 16  # octets: nobody finds two that collide for more than a pass that a second try gives anyway
_DAY = 86_400


async def judge(
    address: IpAddress, paths: tuple[Address | None, Address], store: GreylistStore, now: int, settings: CheckSettings
) -> Verdict:
    """`paths` are reverse and forward path; `address` is plain."""
    reverse_path, forward_path = paths
    if reverse_path is None:
        return ACCEPTED
    # senders come again from another host of the same network (RFC 6647 §5)
    network = network_of(address, v4=24, v6=64)
    triplet = "\0".join((network, _folded(reverse_path), _folded(forward_path)))
    terms = GreylistTerms(now, settings.greylisting_delay, settings.greylisting_lifetime * _DAY)
    try:
        wait = await store.meet(_digest(network), _digest(triplet), terms)
    except MailError as error:
        return out_of_order(CHECK, settings.greylisting_outage, error.detail or error.public)
    if not wait:
        return ACCEPTED
    public = f"this server does not know your network yet, come again in {wait} seconds"
    return Verdict(Action.DEFER, CHECK, Meaning.GREYLISTED, public, f"{network}: {wait} seconds left")


def _folded(address: Address) -> str:
    return str(address).casefold()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()
