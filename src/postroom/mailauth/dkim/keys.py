"""SigningKey: a private key with its domain and selector; making one, and the record to publish for it.

The key is kept as PEM (PKCS #8, without a password: the file it lies in is protected). RFC 6376 §3.3, RFC 6376 §3.6.1, RFC 8301 §3.2, RFC 8463 §4.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from postroom.mailauth import limits, names
from postroom.model.errors import Malformed

Kind = Literal["rsa", "ed25519"]
_RSA_BITS = 2048  # RFC 8301 §3.2; a larger record fits no UDP answer and no TXT string


@dataclass(frozen=True, slots=True)
class SigningKey:
    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def kind(self) -> Kind:
        return "rsa" if isinstance(self.private, RSAPrivateKey) else "ed25519"

    @property
    def algorithm(self) -> str:
        return f"{self.kind}-sha256"

    @property
    def record_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record_text(self) -> str:
        """The text of the TXT record; whoever writes a zone cuts it into strings of 255 octets."""
        if isinstance(self.private, RSAPrivateKey):
            data = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            data = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={self.kind}; p={base64.b64encode(data).decode('ascii')}"

    def to_pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, digest: bytes) -> bytes:
        """Of a SHA-256 digest; constant in time, a millisecond for RSA."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        return self.private.sign(digest)


def generate(domain: str, selector: str, kind: Kind) -> SigningKey:
    """A new key; RSA takes some 100 ms, so call it in a thread. Raises Malformed for what are no names."""
    private = generate_private_key(65537, _RSA_BITS) if kind == "rsa" else Ed25519PrivateKey.generate()
    return SigningKey(*_names(domain, selector), private)


def from_pem(domain: str, selector: str, pem: bytes) -> SigningKey:
    """A key that is kept or brought along. Raises Malformed with what is allowed."""
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("this is no private key in PEM without a password") from None
    if isinstance(private, RSAPrivateKey):
        smallest, largest = limits.RSA_BITS
        if not smallest <= private.key_size <= largest:
            raise Malformed(f"an RSA key for DKIM has {smallest} to {largest} bits")
    elif not isinstance(private, Ed25519PrivateKey):
        raise Malformed("keys for DKIM are RSA or Ed25519")
    return SigningKey(*_names(domain, selector), private)


def _names(domain: str, selector: str) -> tuple[str, str]:
    normal_domain, normal_selector = names.normal(domain), names.normal(selector)
    if normal_domain is None or normal_selector is None:
        raise Malformed("domain and selector are names such as example.test and mail2026")
    return normal_domain, normal_selector
