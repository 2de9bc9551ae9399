"""TLS profiles: Modern, Intermediate, Old, pinned to version 5.7 of the server-side TLS guidelines (Mozilla), as far as this OpenSSL has them.

TLS 1.3 suites and groups can't be chosen per context before Python 3.15; OpenSSL's defaults are the guideline's three suites and its groups first. DHE has
the group ffdhe2048 (RFC 7919 §A.1) in every profile: the 1024 bits that the guideline still allows Old can be broken.
"""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path

from postroom.model.security.tls import ProfileFacts
from postroom.settings.security import TlsProfile

GUIDELINES = "Mozilla server-side TLS guidelines 5.7"
_GROUP = Path(__file__).with_name("ffdhe2048.pem")
_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",
)
_OLD = (
    *_INTERMEDIATE,
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "DHE-RSA-AES128-SHA256",
    "DHE-RSA-AES256-SHA256",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA256",
    "AES256-SHA256",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
)
_VERSIONS = {
    "TLSv1": (ssl.TLSVersion.TLSv1, ssl.HAS_TLSv1),
    "TLSv1.1": (ssl.TLSVersion.TLSv1_1, ssl.HAS_TLSv1_1),
    "TLSv1.2": (ssl.TLSVersion.TLSv1_2, ssl.HAS_TLSv1_2),
    "TLSv1.3": (ssl.TLSVersion.TLSv1_3, ssl.HAS_TLSv1_3),
}
_ANY_STRENGTH = "@SECLEVEL=0"  # TLS 1.0 and 1.1 sign with SHA-1, which a higher level of OpenSSL 3 refuses


@dataclass(frozen=True, slots=True)
class Profile:
    """What a listener answers: versions from the lowest up, and the ciphers for TLS 1.2 and below (none for Modern)."""

    title: str
    versions: tuple[str, ...]
    ciphers: tuple[str, ...]
    prefer_server_order: bool
    any_strength: bool = False
    warning: str = ""


PROFILES = {
    TlsProfile.MODERN: Profile("Modern", ("TLSv1.3",), (), prefer_server_order=False),
    TlsProfile.INTERMEDIATE: Profile("Intermediate", ("TLSv1.2", "TLSv1.3"), _INTERMEDIATE, prefer_server_order=False),
    TlsProfile.OLD: Profile(
        "Old",
        tuple(_VERSIONS),
        _OLD,
        prefer_server_order=True,
        any_strength=True,
        warning="TLS 1.0 and 1.1 must not be used any more (RFC 8996): what is sent with them can be read or changed on its way.",
    ),
}


def server_context(
    profile: TlsProfile, certificate: Path, key: Path | None, alpn: tuple[str, ...] = ()
) -> ssl.SSLContext:
    """A context that answers as the profile says; without `key` it stands in the certificate's file.

    Raises ssl.SSLError or OSError for a certificate that can't be used.
    """
    content = PROFILES[profile]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    lowest = next(version for version in content.versions if _VERSIONS[version][1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Old is asked for by name, and warned of on its page
        context.minimum_version = _VERSIONS[lowest][0]
    if content.ciphers:
        strength = (_ANY_STRENGTH,) if content.any_strength else ()
        context.set_ciphers(":".join((*content.ciphers, *strength)))
        context.load_dh_params(str(_GROUP))
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if content.prefer_server_order:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_cert_chain(certificate, key, password=_no_password)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def _no_password() -> str:
    """An encrypted key is refused; without this OpenSSL would ask the terminal."""
    raise ssl.SSLError("the key is encrypted")


def missing(profile: TlsProfile) -> tuple[str, ...]:
    """What the guideline lists for a profile and this OpenSSL does not have: versions and ciphers by name."""
    content = PROFILES[profile]
    versions = [version for version in content.versions if not _VERSIONS[version][1]]
    there = {cipher["name"] for cipher in ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).get_ciphers()}
    suites = [suite for suite in _TLS13 if suite not in there]
    return (*versions, *suites, *(cipher for cipher in content.ciphers if not _has(cipher)))


def _has(cipher: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(f"{cipher}:{_ANY_STRENGTH}")
    except ssl.SSLError:
        return False
    return True


class OpenSslProfiles:
    """See admin.ports.certificates.Profiles."""

    guidelines = GUIDELINES

    def facts(self) -> list[ProfileFacts]:
        return [
            ProfileFacts(
                name.value,
                content.title,
                content.versions,
                (*_TLS13, *content.ciphers),
                missing(name),
                content.warning,
            )
            for name, content in PROFILES.items()
        ]

    def answers(self, profile: TlsProfile, version: str, cipher: str) -> bool:
        content = PROFILES[profile]
        return version in content.versions and (version == "TLSv1.3" or cipher in content.ciphers)
