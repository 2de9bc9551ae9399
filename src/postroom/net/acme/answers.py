"""AnswerFolder: what the authority will ask us while an order runs, in files that every worker reads.

`http-TOKEN` holds the text of an HTTP-01 answer (RFC 8555 §8.3), `tls-NAME.pem` key and certificate of a TLS-ALPN-01 answer (RFC 8737 §3). The ports of both
are open as long as there is one.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import re
import shutil
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from postroom.model.errors import TryLater

HTTP, TLS = "http", "tls"
ALPN = "acme-tls/1"
_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")  # RFC 8555 §8.3: base64url
_NAME = re.compile(r"[a-z0-9.-]{1,253}\Z")


class AnswerFolder:
    """Blocking, on files of a kilobyte."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def clear(self) -> None:
        """Nothing is asked of us any more."""
        shutil.rmtree(self._path, ignore_errors=True)

    def kinds(self) -> frozenset[str]:
        """Of HTTP and TLS, what is waited for."""
        try:
            names = [path.name for path in self._path.iterdir()]
        except OSError:
            return frozenset()
        return frozenset(kind for kind in (HTTP, TLS) if any(name.startswith(f"{kind}-") for name in names))

    def put_http(self, token: str, answer: str) -> None:
        """Raises TryLater for a token that is none, or where it can't be written."""
        if not _TOKEN.match(token):
            raise TryLater("the authority sent a token that is none")
        self._write(f"{HTTP}-{token}", answer.encode())

    def put_tls(self, name: str, answer: str, now: int) -> None:
        """Raises TryLater."""
        if not _NAME.match(name):
            raise TryLater("the authority asks for a name that is none")
        self._write(f"{TLS}-{name}.pem", _proof(name, answer, now))

    def http(self, token: str) -> bytes | None:
        """The answer to a token, if there is one."""
        if not _TOKEN.match(token):
            return None
        try:
            return (self._path / f"{HTTP}-{token}").read_bytes()
        except OSError:
            return None

    def tls_context(self) -> ssl.SSLContext:
        """Answers only who speaks this protocol and names what is being proved."""
        context = _context()
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        path = self._path / f"{TLS}-{(name or '').lower()}.pem"
        if not name or not _NAME.match(name.lower()):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        proving = _context()
        try:
            proving.load_cert_chain(path)
        except (OSError, ssl.SSLError):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = proving
        return None

    def _write(self, name: str, content: bytes) -> None:
        path = self._path / name
        beside = self._path / f".{name}.new"
        try:
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_bytes(content)
            beside.replace(path)
        except OSError as error:
            raise TryLater("the answer to the authority can't be written", detail=str(error)) from None
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([ALPN])
    return context


def _proof(name: str, answer: str, now: int) -> bytes:
    """RFC 8737 §3: self-signed, with the digest of the answer in a critical extension."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ACME challenge")])
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    digest = b"\x04\x20" + hashlib.sha256(answer.encode()).digest()  # an OCTET STRING of 32
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(hours=1))
        .not_valid_after(moment + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.UnrecognizedExtension(_IDENTIFIER, digest), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
