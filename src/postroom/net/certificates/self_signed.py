"""The self-signed certificate that is made at first start: a pair, `default.pem` with the certificate, which people may copy, and `default.key`."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from postroom.net.certificates.folder import CertificateFolder, write_whole

_LIFE = datetime.timedelta(days=397)  # what the strictest clients accept as a lifetime
CHAIN_NAME = "default.pem"
KEY_NAME = "default.key"


def ensure_self_signed(folder: Path, hostname: str, now: int) -> tuple[Path, Path]:
    """The paths of chain and key; made for `hostname` where there are none yet."""
    chain, key = folder / CHAIN_NAME, folder / KEY_NAME
    kept = CertificateFolder(folder).entry("default")
    if kept is None or (kept.key is None and not kept.holds_key):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        chain_pem, key_pem = make_self_signed(hostname, now)
        write_whole(key, key_pem, 0o600)
        write_whole(chain, chain_pem, 0o644)
    return chain, key


def make_self_signed(hostname: str, now: int) -> tuple[bytes, bytes]:
    """(chain, key) in PEM: P-256, for the name alone, valid from an hour ago."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    start = datetime.datetime.fromtimestamp(now, datetime.UTC) - datetime.timedelta(hours=1)
    names = [x509.DNSName(hostname.encode("idna").decode() if not hostname.isascii() else hostname)]
    if hostname != "localhost":
        names.append(x509.DNSName("localhost"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private_key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
