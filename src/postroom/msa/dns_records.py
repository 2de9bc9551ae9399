"""What a domain of ours publishes in the DNS so that its mail arrives, is believed, and mail programs find the server; and whether the DNS shows it.

MX (RFC 5321 §5.1), SPF (RFC 7208 §3), a DKIM record for each key that is not forgotten (RFC 6376 §3.6.2), DMARC (RFC 9989 §4.7) are needed. Optional are MTA-STS
(RFC 8461 §3.1), TLS-RPT (RFC 8460 §3), and SRV records by which programs configure themselves (RFC 6186 §3, RFC 8314 §5.1).
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from postroom.model.account import DomainKey
from postroom.model.address import Address
from postroom.model.dns import Resolver
from postroom.msa.key_rotation import record_name, shows

_STRING = 255  # octets of one string in a TXT record (RFC 1035 §3.3.14)
SERVICES = {"submissions": "_submissions", "imaps": "_imaps", "pop3s": "_pop3s", "submission": "_submission"}
"""Listener → service name; those that begin with TLS first, as RFC 8314 §5.1 wants."""


class Shown(enum.Enum):
    """What the DNS has in this place."""

    PUBLISHED = "published"
    DIFFERENT = "different"
    """A record for the same purpose that says something else: it may be right, and only people know."""
    MISSING = "missing"
    UNKNOWN = "no answer"


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """`purpose` is MX, SPF, DKIM, DMARC …; `note` says what else there is to know; without a record that is `needed` mail is lost or not believed."""

    purpose: str
    name: str
    kind: str
    value: str
    note: str = ""
    needed: bool = True

    def line(self) -> str:
        """As it stands in a zone file, long texts in strings that fit."""
        value = " ".join(f'"{text}"' for text in strings(self.value)) if self.kind == "TXT" else self.value
        return f"{self.name}. IN {self.kind} {value}"


def strings(text: str) -> list[str]:
    """The strings of a TXT record; whoever reads it joins them."""
    return [text[at : at + _STRING] for at in range(0, len(text), _STRING)]


def wanted_records(
    domain: str, host: str, keys: Sequence[DomainKey], ports: Mapping[str, int] | None = None
) -> list[WantedRecord]:
    """`host` is the server's name, `ports` those of the open listeners that mail programs use."""
    name, server = Address("", domain).ascii_domain, Address("", host).ascii_domain
    return [
        WantedRecord("MX", name, "MX", f"10 {server}."),
        WantedRecord("SPF", name, "TXT", "v=spf1 mx -all"),
        *(WantedRecord("DKIM", record_name(key), "TXT", key.record, key.state.value) for key in keys),
        WantedRecord("DMARC", f"_dmarc.{name}", "TXT", "v=DMARC1; p=quarantine"),
        WantedRecord(
            "MTA-STS", f"_mta-sts.{name}", "TXT", f"v=STSv1; id={_policy_id(server)}",
            f"only with a web server that has https://mta-sts.{name}/.well-known/mta-sts.txt: version: STSv1, mode: enforce, mx: {server}, max_age: 604800",
            needed=False,
        ),
        WantedRecord(
            "TLS-RPT", f"_smtp._tls.{name}", "TXT", f"v=TLSRPTv1; rua=mailto:postmaster@{name}",
            "other servers report how TLS to this one went", needed=False,
        ),
        *(
            WantedRecord(
                "SRV", f"{service}._tcp.{name}", "SRV", f"0 1 {ports[listener]} {server}.",
                "mail programs find the server by it", needed=False,
            )
            for listener, service in SERVICES.items()
            if ports is not None and listener in ports
        ),
    ]  # fmt: skip


def _policy_id(server: str) -> str:
    """The same as long as the policy is."""
    return hashlib.sha256(server.encode()).hexdigest()[:20]


async def look_up(record: WantedRecord, resolver: Resolver) -> tuple[Shown, list[str]]:
    """What the DNS shows, and what stands there instead where it differs."""
    if record.kind == "MX":
        answer = await resolver.mx(record.name)
        server = record.value.split()[1].removesuffix(".")
        right = any(found.host == server for found in answer.records)
        return _judged(right, answer.has_failed, [f"{found.preference} {found.host}." for found in answer.records])
    if record.kind == "SRV":
        services = await resolver.srv(record.name)
        lines = [f"{one.priority} {one.weight} {one.port} {one.host}." for one in services.records]
        right = any(line.split()[2:] == record.value.split()[2:] for line in lines)
        return _judged(right, services.has_failed, lines)
    texts = await resolver.txt(record.name)
    if record.purpose == "DKIM":
        return _judged(shows(texts, record.value), texts.has_failed, _texts(texts.records))
    version = record.value.split(";")[0].split()[0].lower()
    same_purpose = [text for text in _texts(texts.records) if text.lower().startswith(version)]
    if record.purpose == "MTA-STS":  # any id is right: it changes with the policy
        return _judged(len(same_purpose) == 1 and "id=" in same_purpose[0], texts.has_failed, same_purpose)
    return _judged(same_purpose == [record.value], texts.has_failed, same_purpose)


def _judged(is_right: bool, has_failed: bool, found: list[str]) -> tuple[Shown, list[str]]:
    if is_right:
        return Shown.PUBLISHED, found
    if has_failed:
        return Shown.UNKNOWN, []
    return (Shown.DIFFERENT, found) if found else (Shown.MISSING, [])


def _texts(records: Sequence[bytes]) -> list[str]:
    return [record.decode("utf-8", "replace") for record in records]
