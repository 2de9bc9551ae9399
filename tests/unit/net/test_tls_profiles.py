"""Each profile answers the versions it promises and no others, in a real handshake."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from authority import Authority, private_pem
from postroom.net.certificates import ensure_self_signed
from postroom.net.tls_profiles import PROFILES, OpenSslProfiles, missing, server_context
from postroom.settings.security import SecuritySettings, TlsProfile

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


def test_the_table_is_that_of_the_guidelines() -> None:
    """Counted and sampled against version 5.7, so that a changed line is seen."""
    ciphers = {name: PROFILES[name].ciphers for name in TlsProfile}
    assert [len(ciphers[name]) for name in TlsProfile] == [0, 9, 26]
    assert all(len(set(one)) == len(one) for one in ciphers.values())
    assert ciphers[TlsProfile.OLD][:9] == ciphers[TlsProfile.INTERMEDIATE]
    assert ciphers[TlsProfile.OLD][-1] == "DES-CBC3-SHA"
    assert all("GCM" in name or "CHACHA20" in name for name in ciphers[TlsProfile.INTERMEDIATE])
    assert "5.7" in OpenSslProfiles.guidelines
    assert "RFC 8996" in PROFILES[TlsProfile.OLD].warning


def test_what_this_openssl_lacks_is_what_no_handshake_has(tmp_path: Path) -> None:
    """Each cipher that is not missing is agreed on, each that is missing can't even be asked for."""
    key = rsa.generate_private_key(65537, 2048)
    both = tmp_path / "rsa.pem"
    both.write_bytes(private_pem(key) + Authority(tmp_path).signed(key, "mail.example.test"))
    ecdsa = ensure_self_signed(tmp_path / "ecdsa", "mail.example.test", NOW)
    lacking = missing(TlsProfile.OLD)
    for cipher in PROFILES[TlsProfile.OLD].ciphers:
        certificate = ecdsa if "ECDSA" in cipher else (both, None)
        client = client_of(ssl.TLSVersion.TLSv1_2)
        try:
            client.set_ciphers(f"{cipher}:@SECLEVEL=0")
        except ssl.SSLError:
            agreed = None
        else:
            agreed = handshake(server_context(TlsProfile.OLD, *certificate), client)
        assert (agreed is None) == (cipher in lacking), cipher


def test_what_a_profile_answers() -> None:
    profiles = OpenSslProfiles()
    for profile, version, cipher, answered in (
        (TlsProfile.MODERN, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", False),
        (TlsProfile.MODERN, "TLSv1.3", "TLS_AES_128_GCM_SHA256", True),
        (TlsProfile.INTERMEDIATE, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", True),
        (TlsProfile.INTERMEDIATE, "TLSv1.2", "AES128-SHA", False),
        (TlsProfile.INTERMEDIATE, "TLSv1.1", "AES128-SHA", False),
        (TlsProfile.OLD, "TLSv1", "AES128-SHA", True),
        (TlsProfile.OLD, "SSLv3", "AES128-SHA", False),
    ):
        assert profiles.answers(profile, version, cipher) is answered
    assert [facts.title for facts in profiles.facts()] == ["Modern", "Intermediate", "Old"]


def test_which_profile_a_listener_has() -> None:
    old = {"console": TlsProfile.OLD, "mx": TlsProfile.MODERN, "imaps": TlsProfile.OLD}
    for listener, profile, overrides, found in (
        ("mx", TlsProfile.MODERN, {}, TlsProfile.INTERMEDIATE),
        ("mx", TlsProfile.OLD, {}, TlsProfile.OLD),
        ("mx", TlsProfile.OLD, old, TlsProfile.INTERMEDIATE),
        ("console", TlsProfile.OLD, {}, TlsProfile.INTERMEDIATE),
        ("console", TlsProfile.MODERN, {}, TlsProfile.MODERN),
        ("console", TlsProfile.MODERN, old, TlsProfile.INTERMEDIATE),
        ("imaps", TlsProfile.MODERN, old, TlsProfile.OLD),
        ("pop3s", TlsProfile.MODERN, old, TlsProfile.MODERN),
    ):
        settings = SecuritySettings(tls_profile=profile, tls_overrides=overrides)
        assert settings.profile_of(listener) is found, (listener, profile)


def test_an_encrypted_key_asks_nobody(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    lock = serialization.BestAvailableEncryption(b"secret")
    locked = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    path = tmp_path / "locked.pem"
    path.write_bytes(Authority(tmp_path).signed(key, "mail.example.test") + locked)
    with pytest.raises(ssl.SSLError):
        server_context(TlsProfile.INTERMEDIATE, path, None)


def test_the_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    chain, key = ensure_self_signed(tmp_path / "c", "mail.example.test", NOW)
    before = chain.read_bytes(), key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    ensure_self_signed(tmp_path / "c", "mail.example.test", NOW + 1000)
    assert (chain.read_bytes(), key.read_bytes()) == before
