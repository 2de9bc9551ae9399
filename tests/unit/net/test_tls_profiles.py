"""Each profile answers the versions it promises and no others, in a real handshake."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest

from postroom.net.certificates import ensure_self_signed
from postroom.net.tls_profiles import server_context
from postroom.settings.security import TlsProfile

NOW = 1_793_000_000
VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
ANSWERED = {
    TlsProfile.MODERN: {"TLSv1.3"},
    TlsProfile.INTERMEDIATE: {"TLSv1.2", "TLSv1.3"},
    TlsProfile.OLD: {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return ensure_self_signed(tmp_path_factory.mktemp("certificates"), "mail.example.test", NOW)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """The version agreed on through two memory buffers, or None."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname="mail.example.test")
    there = server.wrap_bio(to_server, to_client, server_side=True)
    try:
        for _ in range(6):
            for side in (here, there):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLError:
        return None
    return here.version()


def client_of(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("profile", list(TlsProfile))
@pytest.mark.parametrize("version", list(VERSIONS))
def test_versions(pair: tuple[Path, Path], profile: TlsProfile, version: str) -> None:
    agreed = handshake(server_context(profile, *pair), client_of(VERSIONS[version]))
    assert agreed == (version if version in ANSWERED[profile] else None)


def test_intermediate_refuses_ciphers_without_forward_secrecy(pair: tuple[Path, Path]) -> None:
    client = client_of(ssl.TLSVersion.TLSv1_2)
    client.set_ciphers("AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0")
    assert handshake(server_context(TlsProfile.INTERMEDIATE, *pair), client) is None


def test_the_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    chain, key = ensure_self_signed(tmp_path / "c", "mail.example.test", NOW)
    before = chain.read_bytes(), key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    ensure_self_signed(tmp_path / "c", "mail.example.test", NOW + 1000)
    assert (chain.read_bytes(), key.read_bytes()) == before
