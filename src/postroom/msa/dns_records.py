"""What a domain of ours publishes in the DNS so that its mail arrives and is believed, and whether the DNS shows it.

MX (RFC 5321 §5.1), SPF (RFC 7208 §3), a DKIM record for each key that is not forgotten (RFC 6376 §3.6.2), DMARC (RFC 9989 §4.7).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from postroom.model.account import DomainKey
from postroom.model.address import Address
from postroom.model.dns import Resolver
from postroom.msa.key_rotation import record_name, shows

_STRING = 255  # octets of one string in a TXT record (RFC 1035 §3.3.14)


class Shown(enum.Enum):
    """What the DNS has in this place."""

    PUBLISHED = "published"
    DIFFERENT = "different"
    """A record for the same purpose that says something else: it may be right, and only people know."""
    MISSING = "missing"
    UNKNOWN = "no answer"


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """`purpose` is MX, SPF, DKIM or DMARC; `note` says what else there is to know."""

    purpose: str
    name: str
    kind: str
    value: str
    note: str = ""

    def line(self) -> str:
        """As it stands in a zone file, long texts in strings that fit."""
        value = " ".join(f'"{text}"' for text in strings(self.value)) if self.kind == "TXT" else self.value
        return f"{self.name}. IN {self.kind} {value}"


def strings(text: str) -> list[str]:
    """The strings of a TXT record; whoever reads it joins them."""
    return [text[at : at + _STRING] for at in range(0, len(text), _STRING)]


def wanted_records(domain: str, host: str, keys: Sequence[DomainKey]) -> list[WantedRecord]:
    """`host` is the server's name."""
    name, server = Address("", domain).ascii_domain, Address("", host).ascii_domain
    return [
        WantedRecord("MX", name, "MX", f"10 {server}."),
        WantedRecord("SPF", name, "TXT", "v=spf1 mx -all"),
        *(WantedRecord("DKIM", record_name(key), "TXT", key.record, key.state.value) for key in keys),
        WantedRecord("DMARC", f"_dmarc.{name}", "TXT", "v=DMARC1; p=quarantine"),
    ]


async def look_up(record: WantedRecord, resolver: Resolver) -> tuple[Shown, list[str]]:
    """What the DNS shows, and what stands there instead where it differs."""
    if record.kind == "MX":
        answer = await resolver.mx(record.name)
        server = record.value.split()[1].removesuffix(".")
        right = any(found.host == server for found in answer.records)
        return _judged(right, answer.has_failed, [f"{found.preference} {found.host}." for found in answer.records])
    texts = await resolver.txt(record.name)
    if record.purpose == "DKIM":
        return _judged(shows(texts, record.value), texts.has_failed, _texts(texts.records))
    version = record.value.split(";")[0].split()[0].lower()
    same_purpose = [text for text in _texts(texts.records) if text.lower().startswith(version)]
    return _judged(same_purpose == [record.value], texts.has_failed, same_purpose)


def _judged(is_right: bool, has_failed: bool, found: list[str]) -> tuple[Shown, list[str]]:
    if is_right:
        return Shown.PUBLISHED, found
    if has_failed:
        return Shown.UNKNOWN, []
    return (Shown.DIFFERENT, found) if found else (Shown.MISSING, [])


def _texts(records: Sequence[bytes]) -> list[str]:
    return [record.decode("utf-8", "replace") for record in records]
