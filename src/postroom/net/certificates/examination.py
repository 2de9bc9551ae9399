"""Examination: whether a chain and a key that somebody brings can serve, and what stands in them.

What can't serve is refused: no PEM, too long, an encrypted or weak key, a key of another certificate, an end that has passed, SHA-1, no name. What serves
with some clients only is a problem that is told. A chain comes out in order, the root left out, which clients have themselves (RFC 8446 §4.4.2).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from postroom.model.errors import faulty
from postroom.model.security.certificate import CertificateFacts

MAX_PEM = 64 * 1024  # octets of a chain, and of a key: chains have 2 to 4 certificates of some 2 KB
_MAX_CHAIN = 10
_MAX_NAMES = 200  # the public authorities allow 100
_MAX_KEY = 8 * 1024  # octets of a key in PEM: RSA of 8192 bits has 6.4 KB, and larger ones take minutes to look at
_RSA_BITS = (2048, 8192)  # weaker can be broken; stronger costs us more than the one who asks
SOON = 14 * 86400  # seconds before its end at which a certificate is worth a word: renewals begin long before
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\Z")
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_WEAK = (hashes.SHA1, hashes.MD5)
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Examined:
    """`content` is key and chain in PEM, as they are kept."""

    facts: CertificateFacts
    content: bytes


def examine(chain: bytes, key: bytes, now: int) -> Examined:
    """Both in PEM. Raises Malformed; its text begins with `chain:` or `key:`, the field that is at fault."""
    certificates = read_chain(chain)
    private = read_key(key)
    own = _own(certificates, private)
    ordered, problems = _ordered(own, certificates)
    _check_strength(ordered)
    facts = facts_of(own)
    if not facts.names:
        raise faulty("chain", "the certificate has no name (subjectAltName), so that no program would take it")
    if facts.not_after <= now:
        raise faulty("chain", "the certificate has expired")
    content = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in ordered)
    return Examined(with_problems(facts, (*problems, *_warnings(own, facts, now))), content)


def read_chain(chain: bytes) -> list[x509.Certificate]:
    """Raises Malformed."""
    _check_length(chain, "chain")
    blocks = [block for label, block in _blocks(chain) if label == b"CERTIFICATE"]
    if not blocks:
        raise faulty("chain", "certificates in PEM are wanted, which begin with -----BEGIN CERTIFICATE-----")
    if len(blocks) > _MAX_CHAIN:
        raise faulty("chain", f"at most {_MAX_CHAIN} certificates are allowed")
    try:
        return [_read(block) for block in blocks]
    except _UNREADABLE:
        raise faulty("chain", "a certificate can't be read") from None


def _read(block: bytes) -> x509.Certificate:
    """With every part looked at that is asked for later: the library reads each when it is asked. Raises what the library does."""
    found = x509.load_pem_x509_certificate(block)
    _ = (found.subject, found.issuer, found.not_valid_before_utc, found.not_valid_after_utc, found.extensions)
    _public_octets(found.public_key())
    return found


def read_key(key: bytes) -> PrivateKeyTypes:
    """Raises Malformed."""
    _check_length(key, "key")
    blocks = [(label, block) for label, block in _blocks(key) if label.endswith(b"PRIVATE KEY")]
    if not blocks:
        raise faulty("key", "a private key in PEM is wanted, which begins with -----BEGIN PRIVATE KEY-----")
    if len(blocks) > 1:
        raise faulty("key", "one private key is wanted")
    label, block = blocks[0]
    if label == b"ENCRYPTED PRIVATE KEY" or b"Proc-Type: 4,ENCRYPTED" in block:
        raise faulty("key", "it is encrypted; decrypt it first, such as with: openssl pkey -in KEY -out NEWKEY")
    if len(block) > _MAX_KEY:
        raise faulty("key", f"it is too long: RSA of at most {_RSA_BITS[1]} bits is wanted")
    try:
        found = serialization.load_pem_private_key(block, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise faulty("key", "it can't be read") from None
    if not isinstance(
        found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
    ):
        raise faulty("key", "RSA, EC (P-256, P-384, P-521) or Ed25519 is wanted")
    _check_key(found.public_key(), "key")
    return found


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """What stands in it. Raises Malformed for extensions that can't be read."""
    try:
        return CertificateFacts(
            subject=_name(certificate.subject),
            names=tuple(_names(certificate)),
            issuer=_name(certificate.issuer),
            not_before=int(certificate.not_valid_before_utc.timestamp()),
            not_after=int(certificate.not_valid_after_utc.timestamp()),
            self_signed=_is_signed_by(certificate, certificate),
            key=_key_text(certificate),
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        )
    except _UNREADABLE:
        raise faulty("chain", "a certificate can't be read") from None


def with_problems(facts: CertificateFacts, problems: Sequence[str]) -> CertificateFacts:
    return CertificateFacts(
        facts.subject,
        facts.names,
        facts.issuer,
        facts.not_before,
        facts.not_after,
        facts.self_signed,
        facts.key,
        facts.fingerprint,
        tuple(problems),
    )


def age_problems(facts: CertificateFacts, now: int) -> list[str]:
    """What is wrong with it at this time."""
    if facts.not_after <= now:
        return ["expired"]
    if facts.not_before > now:
        return ["not valid yet"]
    return ["expires soon"] if facts.not_after - now < SOON else []


def _blocks(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(label, block) of each PEM block (RFC 7468 §2), in linear time whatever the text."""
    unended: set[bytes] = set()
    found = _BEGIN.search(text)
    while found is not None:
        label, after = found[1], found.end()
        if label not in unended:
            ending = b"-----END %s-----" % label
            end = text.find(ending, after)
            if end >= 0:
                after = end + len(ending)
                yield label, text[found.start() : after]
            else:
                unended.add(label)
        found = _BEGIN.search(text, after)


def _check_length(text: bytes, field: str) -> None:
    if len(text) > MAX_PEM:
        raise faulty(field, f"at most {MAX_PEM // 1024} KiB are allowed")


def _own(certificates: list[x509.Certificate], private: PrivateKeyTypes) -> x509.Certificate:
    """The one of the key, which should be the first."""
    public = _public_octets(private.public_key())
    try:
        return next(one for one in certificates if _public_octets(one.public_key()) == public)
    except StopIteration:
        raise faulty("key", "it does not belong to the certificate") from None
    except (ValueError, UnsupportedAlgorithm):
        raise faulty("chain", "the key of a certificate is of a kind that is not known") from None


def _public_octets(key: object) -> bytes:
    octets: bytes = key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return octets


def _ordered(own: x509.Certificate, certificates: list[x509.Certificate]) -> tuple[list[x509.Certificate], list[str]]:
    """Each followed by its issuer, and what is to be told of the chain."""
    ordered = [own]
    problems: list[str] = []
    left = [certificate for certificate in certificates if certificate != own]
    complete = False
    while not complete and not _is_signed_by(ordered[-1], ordered[-1]):
        issuer = next((one for one in left if _is_signed_by(ordered[-1], one)), None)
        if issuer is None:
            break
        left.remove(issuer)
        complete = _is_signed_by(issuer, issuer)  # the root, which whoever trusts it has
        if not complete:
            ordered.append(issuer)
    if len(ordered) == 1 and not complete:
        problems.append(
            "self-signed: mail programs and browsers will warn"
            if _is_signed_by(own, own)
            else "the certificate of its issuer is not in the chain: many programs will not trust it"
        )
    if left:
        problems.append(f"left out of the chain: {len(left)} that do not belong to it")
    return ordered, problems


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_strength(ordered: list[x509.Certificate]) -> None:
    for certificate in ordered:
        _check_key(certificate.public_key(), "chain")
        try:
            algorithm = certificate.signature_hash_algorithm
        except UnsupportedAlgorithm:
            raise faulty("chain", "a certificate is signed in a way that is not known") from None
        if isinstance(algorithm, _WEAK):
            raise faulty("chain", f"a certificate is signed with {algorithm.name.upper()}, which can be forged")


def _check_key(public: object, field: str) -> None:
    if isinstance(public, rsa.RSAPublicKey) and not _RSA_BITS[0] <= public.key_size <= _RSA_BITS[1]:
        raise faulty(
            field, f"an RSA key of {_RSA_BITS[0]} to {_RSA_BITS[1]} bits is wanted, this one has {public.key_size}"
        )
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name not in _CURVES:
        raise faulty(field, f"the curve P-256, P-384 or P-521 is wanted, this one is {public.curve.name}")


def _warnings(own: x509.Certificate, facts: CertificateFacts, now: int) -> Iterator[str]:
    yield from age_problems(facts, now)
    if isinstance(own.public_key(), ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        yield "a kind of key that is known to few mail programs and to no browser"
    try:
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.SERVER_AUTH not in usage and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in usage:
        yield "not meant for servers: programs will not trust it"


def _names(certificate: x509.Certificate) -> Iterator[str]:
    """Those of RFC 9525 §6.1: the subjectAltName alone counts; others than host names and addresses are of no use here."""
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return
    assert isinstance(found, x509.SubjectAlternativeName)
    for name in itertools.islice(found, _MAX_NAMES):
        text = name.value.lower() if isinstance(name, x509.DNSName) else ""
        if isinstance(name, x509.IPAddress):
            yield str(name.value)
        elif len(text) <= 253 and _HOST.match(text):
            yield text


def _name(name: x509.Name) -> str:
    """The common name, or all of it; what can't be printed is left out."""
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(common[0].value) if common else name.rfc4514_string()
    return "".join(character for character in text if character.isprintable())[:256]


def _key_text(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(key, ed448.Ed448PublicKey) else "unknown"
