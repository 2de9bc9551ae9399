"""TLS profiles: Modern, Intermediate, Old, pinned to version 5.7 of the server-side TLS guidelines (Mozilla), as far as this OpenSSL has them.

TLS 1.3 suites and groups can't be chosen per context before Python 3.15; OpenSSL's defaults are the guideline's three suites and its groups first.
"""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path

from postroom.settings.security import TlsProfile

GUIDELINES_VERSION = "5.7"
_INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-CHACHA20-POLY1305"
)
_OLD = _INTERMEDIATE + (
    ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:"
    "DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256:"
    "AES128-SHA:AES256-SHA:DES-CBC3-SHA:@SECLEVEL=0"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a listener answers: lowest version and the ciphers for TLS 1.2 and below (empty: none)."""

    lowest: ssl.TLSVersion
    ciphers: str
    prefer_server_order: bool


PROFILES = {
    TlsProfile.MODERN: Profile(ssl.TLSVersion.TLSv1_3, "", prefer_server_order=False),
    TlsProfile.INTERMEDIATE: Profile(ssl.TLSVersion.TLSv1_2, _INTERMEDIATE, prefer_server_order=False),
    TlsProfile.OLD: Profile(ssl.TLSVersion.TLSv1, _OLD, prefer_server_order=True),
}


def server_context(profile: TlsProfile, certificate: Path, key: Path, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """A context that answers as the profile says. Raises ssl.SSLError or OSError for a certificate that can't be used."""
    content = PROFILES[profile]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Old is asked for by name, and warned of on its page
        context.minimum_version = content.lowest
    if content.ciphers:
        context.set_ciphers(content.ciphers)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if content.prefer_server_order:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_cert_chain(certificate, key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
