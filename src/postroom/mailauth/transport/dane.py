"""DANE for SMTP: whether a host's certificate is the one that its TLSA records promise (RFC 7672, RFC 6698, RFC 7671).

The records must come authenticated (model.dns.Answer.is_authentic); looking up, connecting and handing the chain over are the sender's business. The usages
that lean on public authorities, 0 and 1, are not for mail (RFC 7672 §3.1.3).
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from postroom.mailauth import names
from postroom.model.dns import TlsaRecord

TRUST_ANCHOR, END_ENTITY = 2, 3
_WHOLE, _KEY = 0, 1
_DIGESTS = {1: ("sha256", 32), 2: ("sha512", 64)}
_MAX_RECORDS = 50  # of one host; a roll-over of two keys has four
_MAX_CHAIN = 10  # certificates of one host
_MAX_ASSOCIATION = 16 << 10  # octets: a certificate in full


class DaneStatus(enum.Enum):
    MATCH = "match"
    MISMATCH = "mismatch"
    UNUSABLE = "unusable"
    """Records are there, and none that can be used: TLS is required, the certificate is not checked (RFC 7672 §2.2)."""


@dataclass(frozen=True, slots=True)
class DaneResult:
    status: DaneStatus
    record: TlsaRecord | None = None
    """The one that matched."""
    reason: str = ""


def usable(records: Iterable[TlsaRecord]) -> list[TlsaRecord]:
    """Those that say something about mail and are well formed."""
    found = []
    for record in records:
        length = len(record.association)
        is_sized = (
            _DIGESTS[record.matching_type][1] == length
            if record.matching_type in _DIGESTS
            else 0 < length <= _MAX_ASSOCIATION
        )
        is_known = record.usage in (TRUST_ANCHOR, END_ENTITY) and record.selector in (_WHOLE, _KEY)
        if is_known and is_sized and record.matching_type in (0, *_DIGESTS):
            found.append(record)
    return found[:_MAX_RECORDS]


def check(
    records: Iterable[TlsaRecord], chain: Sequence[bytes], reference_names: Sequence[str], now: int
) -> DaneResult:
    """`chain` is DER, the host's own certificate first; `reference_names` are the names that it may have (RFC 7672 §3.2.2).

    Some milliseconds where an anchor is checked: call it in a thread where many are.
    """
    wanted = usable(records)
    if not wanted:
        return DaneResult(DaneStatus.UNUSABLE, reason="no usable TLSA record")
    certificates = _loaded(chain)
    if not certificates:
        return DaneResult(DaneStatus.MISMATCH, reason="no certificate that can be read")
    for record in wanted:
        # RFC 7672 §3.1.1: neither names nor dates matter here
        if record.usage == END_ENTITY and matches(record, certificates[0]):
            return DaneResult(DaneStatus.MATCH, record)
    reason = "no TLSA record matches"
    for record in wanted:
        if record.usage == TRUST_ANCHOR:
            anchor = _anchor(record, certificates)
            if anchor is not None:
                reason = _leads_to(anchor, certificates, reference_names, now)
                if not reason:
                    return DaneResult(DaneStatus.MATCH, record)
    return DaneResult(DaneStatus.MISMATCH, reason=reason)


def matches(record: TlsaRecord, certificate: x509.Certificate) -> bool:
    """RFC 6698 §2.1: the selected part, as it is or as its digest."""
    if record.selector == _WHOLE:
        selected = certificate.public_bytes(Encoding.DER)
    else:
        try:
            selected = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, UnsupportedAlgorithm):
            return False
    if record.matching_type in _DIGESTS:
        selected = hashlib.new(_DIGESTS[record.matching_type][0], selected).digest()
    return selected == record.association


def _anchor(record: TlsaRecord, certificates: list[x509.Certificate]) -> x509.Certificate | None:
    """In the chain, or in the record itself (2 0 0)."""
    for certificate in certificates[1:]:
        if matches(record, certificate):
            return certificate
    if (record.selector, record.matching_type) == (_WHOLE, 0):
        return next(iter(_loaded([record.association])), None)
    return None


def _leads_to(
    anchor: x509.Certificate, certificates: list[x509.Certificate], reference_names: Sequence[str], now: int
) -> str:
    """What is wrong with the path from the host's certificate to the anchor; empty where it holds for one of the names."""
    reason = "the certificate has none of the names"
    authorities, hosts = _extension_policies()
    for name in reference_names:
        host = names.normal(name)
        if host is None:
            continue
        try:
            builder = PolicyBuilder().store(Store([anchor])).time(datetime.fromtimestamp(now, UTC).replace(tzinfo=None))
            builder = builder.extension_policies(ca_policy=authorities, ee_policy=hosts)
            builder.build_server_verifier(x509.DNSName(host)).verify(certificates[0], certificates[1:])
        except (VerificationError, ValueError, OverflowError, OSError) as error:
            reason = f"no path to the anchor: {error}"[:200]
        else:
            return ""
    return reason


def _extension_policies() -> tuple[ExtensionPolicy, ExtensionPolicy]:
    """What private authorities have, made by the tools at hand: no key usage, no purposes. Lengths of paths, constraints of names and
    critical extensions that nobody knows are still heeded."""

    def is_authority(policy: Policy, certificate: x509.Certificate, extension: x509.BasicConstraints) -> None:
        if not extension.ca:
            raise ValueError("a host's certificate signs nothing")

    def may_sign(policy: Policy, certificate: x509.Certificate, extension: x509.KeyUsage | None) -> None:
        if extension is not None and not extension.key_cert_sign:
            raise ValueError("the key may not sign certificates")

    authorities = ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, Criticality.AGNOSTIC, is_authority
    )
    authorities = authorities.may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, may_sign)
    hosts = ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    return authorities, hosts


def _loaded(chain: Sequence[bytes]) -> list[x509.Certificate]:
    """As far as they can be read: a path never leads through one that can't."""
    found = []
    for data in chain[:_MAX_CHAIN]:
        try:
            found.append(x509.load_der_x509_certificate(data))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            break
    return found
