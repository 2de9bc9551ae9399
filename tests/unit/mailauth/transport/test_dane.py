"""DANE: each usage, selector and matching type, chains that lead to an anchor and those that don't, and any octets."""

from __future__ import annotations

import datetime
import hashlib
from functools import cache
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth.transport import dane
from postroom.mailauth.transport.dane import DaneStatus
from postroom.model.dns import TlsaRecord

NOW = 1_795_000_000
HOST = "mx.example.test"


class Issued(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issue(
    name: str,
    issuer: Issued | None,
    *,
    is_authority: bool,
    days: tuple[int, int] = (-10, 10),
    host: str = HOST,
    signs: bool | None = True,
    length: int | None = None,
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer or Issued(None, key)  # type: ignore[arg-type]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
    )
    if is_authority and signs is not None:
        usage = x509.KeyUsage(True, False, False, False, False, signs, False, False, False)
        builder = builder.add_extension(usage, critical=True)
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return Issued(builder.sign(signer.key, SHA256()), key)


@cache
def root() -> Issued:
    return issue("Root", None, is_authority=True)


@cache
def middle() -> Issued:
    return issue("Middle", root(), is_authority=True)


@cache
def leaf() -> Issued:
    return issue("Leaf", middle(), is_authority=False)


def record(usage: int, selector: int, matching_type: int, of: Issued) -> TlsaRecord:
    key = of.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    selected = of.der if selector == 0 else key
    association = {0: selected, 1: hashlib.sha256(selected).digest(), 2: hashlib.sha512(selected).digest()}[
        matching_type
    ]
    return TlsaRecord(usage, selector, matching_type, association)


def chain(*issued: Issued) -> list[bytes]:
    return [one.der for one in issued]


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching_type", [0, 1, 2])
def test_each_form_of_a_record(selector: int, matching_type: int) -> None:
    whole = chain(leaf(), middle(), root())
    end = record(3, selector, matching_type, leaf())
    assert dane.check([end], whole, [HOST], NOW) == dane.DaneResult(DaneStatus.MATCH, end)
    assert dane.check([record(3, selector, matching_type, middle())], whole, [HOST], NOW).status is DaneStatus.MISMATCH
    for anchor in (middle(), root()):
        wanted = record(2, selector, matching_type, anchor)
        assert dane.check([wanted], whole, [HOST], NOW) == dane.DaneResult(DaneStatus.MATCH, wanted)


def test_an_end_entity_needs_neither_name_nor_date() -> None:
    old = issue("Old", None, is_authority=False, days=(-20, -10), host="other.test")
    assert dane.check([record(3, 1, 1, old)], chain(old), [HOST], NOW).status is DaneStatus.MATCH


@pytest.mark.parametrize(
    ("made", "names", "reason"),
    [
        ({"host": "other.test"}, [HOST], "no path"),
        ({"days": (-20, -10)}, [HOST], "no path"),
        ({"days": (5, 10)}, [HOST], "no path"),
        ({}, ["other.test"], "no path"),
        ({}, [], "the certificate has none"),
        ({}, [".."], "the certificate has none"),
    ],
)  # fmt: skip
def test_under_an_anchor_names_and_dates_count(made: dict[str, object], names: list[str], reason: str) -> None:
    own = issue("Own", middle(), is_authority=False, **made)  # type: ignore[arg-type]
    result = dane.check([record(2, 0, 1, root())], chain(own, middle(), root()), names, NOW)
    assert result.status is DaneStatus.MISMATCH
    assert result.reason.startswith(reason)


def test_one_of_several_names_is_enough() -> None:
    wanted = [record(2, 1, 1, root())]
    assert dane.check(wanted, chain(leaf(), middle(), root()), ["example.test", HOST], NOW).status is DaneStatus.MATCH


def test_an_anchor_that_did_not_sign_is_none() -> None:
    other = issue("Other root", None, is_authority=True)
    result = dane.check([record(2, 0, 1, other)], chain(leaf(), middle(), other), [HOST], NOW)
    assert result.status is DaneStatus.MISMATCH
    assert dane.check([record(2, 0, 1, root())], chain(leaf(), root()), [HOST], NOW).status is DaneStatus.MISMATCH


@pytest.mark.parametrize(
    ("anchor", "between", "status"),
    [
        ({"signs": None}, {"signs": None}, DaneStatus.MATCH),
        ({"signs": False}, {}, DaneStatus.MISMATCH),
        ({}, {"signs": False}, DaneStatus.MISMATCH),
        ({}, {"is_authority": False}, DaneStatus.MISMATCH),
        ({"length": 0}, {}, DaneStatus.MISMATCH),
        ({"length": 1}, {}, DaneStatus.MATCH),
    ],
)
def test_authorities_of_ones_own(anchor: dict[str, Any], between: dict[str, Any], status: DaneStatus) -> None:
    top = issue("Top", None, **({"is_authority": True} | anchor))
    below = issue("Below", top, **({"is_authority": True} | between))
    own = issue("Own", below, is_authority=False)
    assert dane.check([record(2, 1, 1, top)], chain(own, below, top), [HOST], NOW).status is status


def test_an_anchor_in_the_record_need_not_be_sent() -> None:
    wanted = record(2, 0, 0, root())
    assert dane.check([wanted], chain(leaf(), middle()), [HOST], NOW).status is DaneStatus.MATCH
    assert dane.check([record(2, 0, 1, root())], chain(leaf(), middle()), [HOST], NOW).status is DaneStatus.MISMATCH


def test_records_that_are_not_for_mail_or_broken_are_unusable() -> None:
    good = record(3, 1, 1, leaf())
    bad = [
        record(0, 0, 1, root()), record(1, 0, 1, leaf()), record(255, 0, 1, leaf()), good._replace(selector=2), good._replace(matching_type=3),
        good._replace(association=good.association[:-1]), good._replace(matching_type=2), good._replace(matching_type=0, association=b""),
    ]  # fmt: skip
    assert dane.usable(bad) == []
    assert dane.check(bad, chain(leaf()), [HOST], NOW).status is DaneStatus.UNUSABLE
    assert dane.check([*bad, good], chain(leaf()), [HOST], NOW).status is DaneStatus.MATCH
    assert dane.check([], chain(leaf()), [HOST], NOW).status is DaneStatus.UNUSABLE


@given(
    st.binary(max_size=100),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
    st.lists(st.binary(max_size=60), max_size=4),
)
def test_any_octets(association: bytes, usage: int, selector: int, matching_type: int, sent: list[bytes]) -> None:
    records = [TlsaRecord(usage, selector, matching_type, association), TlsaRecord(2, 0, 0, association)]
    assert dane.check(records, sent, [HOST], NOW).status is not DaneStatus.MATCH
    assert dane.check(records, [leaf().der, *sent], [HOST], NOW).status is not DaneStatus.MATCH
