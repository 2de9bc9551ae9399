"""Security › Checks: what mail from other servers must show, and what follows where it does not (SPEC 1.1)."""

from __future__ import annotations

import enum

from pydantic import field_validator

from postroom.model.address import normal_domain
from postroom.model.errors import Malformed
from postroom.settings.page import Networks, Page, setting

_MOST_ZONES = 10  # each is a question for every new client; large sites ask three or four
_MOST_SEALERS = 200
_LONGEST_ZONE = 180  # a reversed IPv6 address takes 64 of the 253 octets of a name


class Consequence(enum.StrEnum):
    """What follows when a check fails."""

    RECORD = "record"
    TAG = "tag"
    JUNK = "junk"
    REJECT = "reject"


class DmarcConsequence(enum.StrEnum):
    """`follow`: reject where the domain wishes it, junk where it wishes quarantine."""

    RECORD = "record"
    TAG = "tag"
    JUNK = "junk"
    FOLLOW = "follow"


class Outage(enum.StrEnum):
    """What follows when a check can't be made for the moment: fail open, or fail closed."""

    ACCEPT = "accept"
    DEFER = "defer"


_FOUR = "record (in Authentication-Results only), tag (a field X-Postroom-Verdict), junk or reject"


def _consequence(default: Consequence, title: str, text: str) -> Consequence:
    found: Consequence = setting(default, title, f"{text}: {_FOUR}.")
    return found


def _outage(title: str, text: str) -> Outage:
    found: Outage = setting(
        Outage.ACCEPT, title, f"{text}: accept (the check counts as not made) or defer (the sender tries again)."
    )
    return found


def _rate(default: int, title: str, text: str) -> int:
    found: int = setting(
        default,
        title,
        f"{text} Counted by each worker for itself; further ones are told 450 until some time has passed; 0 for no limit.",
        unit="per hour",
        ge=0,
        le=10_000_000,
    )
    return found


class CheckSettings(Page):
    exempt_networks: Networks = setting(
        ("127.0.0.0/8", "::1/128"),
        "Networks without checks",
        "Mail from here is not checked at all, nor is mail from networks that may relay, from logins and by LMTP. From trusted networks (limits) only SPF, DKIM and DMARC are looked at.",
    )
    reverse_dns: Consequence = _consequence(
        Consequence.RECORD,
        "Reverse DNS",
        "When the client's address has no name that leads back to it",
    )
    reverse_dns_outage: Outage = _outage("Reverse DNS out of order", "When the client's name can't be looked up now")
    spf: Consequence = _consequence(
        Consequence.RECORD, "SPF fail", "When the domain of the sender says that this client may not send for it"
    )
    spf_softfail: Consequence = _consequence(
        Consequence.RECORD, "SPF softfail", "When the domain of the sender says that it probably may not"
    )
    spf_outage: Outage = _outage("SPF out of order", "When the policy of the sender can't be looked up now")
    dkim: Consequence = _consequence(
        Consequence.RECORD,
        "DKIM fail",
        "When a message is signed and no signature holds; lists break signatures, so that DMARC is the better judge",
    )
    dkim_outage: Outage = _outage("DKIM out of order", "When no signature holds and a key can't be looked up now")
    dmarc: DmarcConsequence = setting(
        DmarcConsequence.FOLLOW,
        "DMARC fail",
        "When the author's domain does not stand behind the message and wishes quarantine or reject: record, tag, junk, or follow (quarantine is junk).",
    )
    dmarc_outage: Outage = _outage(
        "DMARC out of order", "When the policy of the author's domain can't be looked up now"
    )
    author: Consequence = _consequence(
        Consequence.JUNK,
        "Author unclear",
        "When there is no From or more than one, or no or several domains in it: nobody's policy applies, and people would see whichever author their program picks",
    )
    arc_sealers: tuple[str, ...] = setting(
        (),
        "Trusted forwarders",
        "Domains whose ARC seals are believed: a message that they saw pass DMARC is let through where it fails here.",
        max_length=_MOST_SEALERS,
    )
    dnsbl_zones: tuple[str, ...] = setting(
        (),
        "Block lists",
        "Zones of DNS block lists that the client's address is looked up in, such as those you have an agreement with; none by default.",
        max_length=_MOST_ZONES,
    )
    dnsbl: Consequence = _consequence(Consequence.REJECT, "On a block list", "When a list has the client's address")
    dnsbl_outage: Outage = _outage("Block list out of order", "When a list gives no answer, or refuses to give one")
    greylisting: bool = setting(
        False,
        "Greylisting",
        "Tell a network that has not sent here before to come again later (RFC 6647), which mail servers do.",
    )
    greylisting_delay: int = setting(
        300, "Greylisting delay", "A message that comes again after so long passes.", unit="seconds", ge=10, le=14_400
    )
    greylisting_lifetime: int = setting(
        35,
        "Greylisting memory",
        "A network that passed is let through at once for so long after it was seen last.",
        unit="days",
        ge=1,
        le=365,
    )
    greylisting_outage: Outage = _outage("Greylisting out of order", "When the database can't be asked")
    messages_per_address: int = _rate(3000, "Messages per address", "From one IPv4 address or IPv6 /64.")
    messages_per_network: int = _rate(20_000, "Messages per network", "From one IPv4 /24 or IPv6 /48.")
    messages_per_account: int = _rate(2000, "Messages to one account", "From all other servers together.")

    @field_validator("arc_sealers", "dnsbl_zones")
    @classmethod
    def _check_domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(normal_domain(text) for text in value))
        except Malformed as error:
            raise ValueError(error.public) from None

    @field_validator("dnsbl_zones")
    @classmethod
    def _check_zones(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for zone in value:
            if len(zone) > _LONGEST_ZONE:
                raise ValueError(f"a zone has at most {_LONGEST_ZONE} characters")
        return value
