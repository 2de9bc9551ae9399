"""A certificate authority for a test: certificates for any names, and the file that trusts them."""

from __future__ import annotations

import datetime
import ssl
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def private_pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    """`path` is the file that a client trusts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        self._made = 0
        certificate = (
            self._builder(self._name, self._key.public_key(), _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """For a server of these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            self._builder(subject, key.public_key(), -_DAY if expired else _DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._made += 1
        path = self._folder / f"server-{self._made}.pem"
        path.write_bytes(private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def pair(self, *names: str, now: float | None = None) -> tuple[bytes, bytes]:
        """(chain, key) in PEM, signed by the root itself; valid around `now`."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self.signed(key, *names, now=now), private_pem(key)

    def signed(self, key: PrivateKeyTypes, *names: str, now: float | None = None, **options: Any) -> bytes:
        """A certificate in PEM for any key. `first` and `last` are days from now, `algorithm` what signs."""
        moment = datetime.datetime.fromtimestamp(time.time() if now is None else now, datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0] if names else "nobody")]))
            .issuer_name(self._name)
            .public_key(key.public_key())  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment + options.get("first", -1) * _DAY)
            .not_valid_after(moment + options.get("last", 90) * _DAY)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            certificate = certificate.add_extension(alternatives, critical=False)
        if "usage" in options:
            certificate = certificate.add_extension(x509.ExtendedKeyUsage([options["usage"]]), critical=False)
        signed = certificate.sign(self._key, options.get("algorithm", hashes.SHA256()))
        return signed.public_bytes(serialization.Encoding.PEM)

    def below(self, folder: Path) -> Authority:
        """An intermediate authority that this one signs; its certificate is `path` there."""
        folder.mkdir(parents=True, exist_ok=True)
        under = Authority(folder)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Intermediate authority of the tests")])
        certificate = (
            self._builder(name, under._key.public_key(), _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        under._name = name
        under.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return under

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, left: datetime.timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * _DAY)
            .not_valid_after(now + left)
        )
