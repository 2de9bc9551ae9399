"""Certificates: the self-signed one made at first start, and where a certificate and its key lie.

`certificates/default.pem` holds the chain, `default.key` the key, readable by the server's user alone.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SOON = 14 * 86400  # seconds before its end at which a certificate is worth a word: renewals begin at 30 days
_LIFE = datetime.timedelta(days=397)  # what the strictest clients accept as a lifetime
CHAIN_NAME = "default.pem"
KEY_NAME = "default.key"


def ensure_self_signed(folder: Path, hostname: str, now: int) -> tuple[Path, Path]:
    """The paths of chain and key; made for `hostname` where there are none yet."""
    chain, key = folder / CHAIN_NAME, folder / KEY_NAME
    if not (chain.exists() and key.exists()):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        chain_pem, key_pem = make_self_signed(hostname, now)
        _write(key, key_pem, 0o600)
        _write(chain, chain_pem, 0o644)
    return chain, key


def valid_until(folder: Path) -> int:
    """The end of the certificate in use, in POSIX seconds. Raises OSError, ValueError where there is none that can be read."""
    certificate = x509.load_pem_x509_certificate((folder / CHAIN_NAME).read_bytes())
    return int(certificate.not_valid_after_utc.timestamp())


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


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all: written beside, synced, renamed."""
    beside = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
