"""TLS-RPT: who wants to know how TLS went when we sent to a domain, and the report that tells it (RFC 8460).

    _smtp._tls.example.test. TXT "v=TLSRPTv1; rua=mailto:tls@example.test"

Counting sessions and sending the report once a day are the sender's business.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from postroom.mailauth import limits, names, tags

_VERSION = re.compile(rb"v[ \t]*+=[ \t]*+TLSRPTv1[ \t]*+(?:;|\Z)")
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\x21-\x7e]*)?\Z")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}\Z")
_MAX_URI = 500  # characters


class FailureType(enum.Enum):
    """RFC 8460 §4.3."""

    STARTTLS_NOT_SUPPORTED = "starttls-not-supported"
    CERTIFICATE_HOST_MISMATCH = "certificate-host-mismatch"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_TRUSTED = "certificate-not-trusted"
    VALIDATION_FAILURE = "validation-failure"
    TLSA_INVALID = "tlsa-invalid"
    DNSSEC_INVALID = "dnssec-invalid"
    DANE_REQUIRED = "dane-required"
    STS_POLICY_FETCH_ERROR = "sts-policy-fetch-error"
    STS_POLICY_INVALID = "sts-policy-invalid"
    STS_WEBPKI_INVALID = "sts-webpki-invalid"


@dataclass(frozen=True, slots=True)
class Failure:
    """Sessions that failed in one way; what isn't known is empty."""

    kind: FailureType
    count: int
    sending_ip: str = ""
    receiving_host: str = ""
    receiving_helo: str = ""
    receiving_ip: str = ""
    more: str = ""
    """A URI with further information."""
    code: str = ""
    """What the TLS library said."""


@dataclass(frozen=True, slots=True)
class PolicyReport:
    kind: Literal["tlsa", "sts", "no-policy-found"]
    domain: str
    text: tuple[str, ...] = ()
    """The policy's lines, or the TLSA records."""
    hosts: tuple[str, ...] = ()
    """mx: of an MTA-STS policy."""
    succeeded: int = 0
    failures: tuple[Failure, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TlsReport:
    """Of one policy domain for one day (UTC); start and end in Unix seconds."""

    organization: str
    contact: str
    report_id: str
    start: int
    end: int
    policies: tuple[PolicyReport, ...]

    def to_json(self) -> bytes:
        """RFC 8460 §4.4."""
        document = {
            "organization-name": self.organization,
            "date-range": {"start-datetime": _moment(self.start), "end-datetime": _moment(self.end)},
            "contact-info": self.contact,
            "report-id": self.report_id,
            "policies": [_policy(policy) for policy in self.policies],
        }
        return json.dumps(document, ensure_ascii=True, indent=1).encode("ascii")

    def file_name(self, submitter: str) -> str:
        """RFC 8460 §5.1, for the compressed report."""
        domain = self.policies[0].domain if self.policies else "unknown"
        return f"{submitter}!{domain}!{self.start}!{self.end}.json.gz"


def read_record(records: Iterable[bytes]) -> tuple[str, ...]:
    """mailto: and https: URIs among the TXT records of _smtp._tls; none where there is no record, or more than one (RFC 8460 §3)."""
    found = [record for record in records if _VERSION.match(record)]
    if len(found) != 1:
        return ()
    uris = tags.lenient(found[0]).get("rua", "").split(",", limits.REPORT_URIS * 2)[: limits.REPORT_URIS * 2]
    usable = [uri for uri in map(_usable, uris) if uri]
    return tuple(usable[: limits.REPORT_URIS])


def _usable(uri: str) -> str:
    """In the form that is used: an address with the name that DNS knows; empty for what is no use."""
    uri = uri.strip(" \t")
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "mailto":
        local_part, _, domain = rest.rpartition("@")
        host = names.normal(domain)
        return f"mailto:{local_part}@{host}" if host is not None and _LOCAL_PART.match(local_part) else ""
    return uri if len(uri) <= _MAX_URI and _HTTPS.match(uri) else ""


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _policy(policy: PolicyReport) -> dict[str, Any]:
    described: dict[str, Any] = {"policy-type": policy.kind, "policy-domain": policy.domain}
    if policy.text:
        described["policy-string"] = list(policy.text)
    if policy.hosts:
        described["mx-host"] = list(policy.hosts)
    failed = sum(failure.count for failure in policy.failures)
    summary = {"total-successful-session-count": policy.succeeded, "total-failure-session-count": failed}
    entry: dict[str, Any] = {"policy": described, "summary": summary}
    if policy.failures:
        entry["failure-details"] = [_failure(failure) for failure in policy.failures]
    return entry


def _failure(failure: Failure) -> dict[str, Any]:
    known = {
        "sending-mta-ip": failure.sending_ip,
        "receiving-mx-hostname": failure.receiving_host,
        "receiving-mx-helo": failure.receiving_helo,
        "receiving-ip": failure.receiving_ip,
        "additional-information": failure.more,
        "failure-reason-code": failure.code,
    }
    told = {name: value for name, value in known.items() if value}
    return {"result-type": failure.kind.value, **told, "failed-session-count": failure.count}
