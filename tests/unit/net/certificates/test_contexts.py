"""Which certificate is shown to whom, and what a new one changes."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from authority import Authority
from postroom.model.errors import Malformed
from postroom.net.certificates import CertificateFolder, ensure_self_signed
from postroom.net.certificates.contexts import Answer, TlsContexts
from postroom.settings.security import TlsProfile

NOW = 1_793_000_000
ANSWERS = {"imaps": Answer(TlsProfile.INTERMEDIATE, ("imap",)), "mx": Answer(TlsProfile.OLD)}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    ensure_self_signed(tmp_path / "certificates", "mail.example.test", NOW)
    return CertificateFolder(tmp_path / "certificates")


@pytest.fixture
def contexts(folder: CertificateFolder) -> TlsContexts:
    found = TlsContexts(folder)
    found.load(ANSWERS, "default")
    return found


def put(folder: CertificateFolder, authority: Authority, name: str, *names: str) -> bytes:
    chain, key = authority.pair(*names, now=NOW)
    folder.install(name, chain, key, NOW)
    return ssl.PEM_cert_to_DER_cert(chain.decode())


def shown(server: ssl.SSLContext, name: str | None, **options: object) -> bytes:
    """The certificate that a client sees which asks for this name."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    if "alpn" in options:
        client.set_alpn_protocols([str(options["alpn"])])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for side in (here, there):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    if "alpn" in options:
        assert here.selected_alpn_protocol() == options["alpn"]
    return here.getpeercert(binary_form=True) or b""


def test_by_name(contexts: TlsContexts, folder: CertificateFolder, authority: Authority) -> None:
    default = shown(contexts.of("imaps"), None)
    exact = put(folder, authority, "exact", "a.example.test")
    wild = put(folder, authority, "wild", "*.example.test")
    contexts.load(ANSWERS, "default")
    for listener in ANSWERS:
        found = {
            name: shown(contexts.of(listener), name)
            for name in (None, "a.example.test", "A.EXAMPLE.TEST", "b.example.test", "x.b.example.test", "other.test")
        }
        assert found == {
            None: default,
            "a.example.test": exact,
            "A.EXAMPLE.TEST": exact,
            "b.example.test": wild,
            "x.b.example.test": default,
            "other.test": default,
        }
    assert shown(contexts.of("imaps"), "b.example.test", alpn="imap") == wild


def test_the_profile_holds_for_every_name(
    contexts: TlsContexts, folder: CertificateFolder, authority: Authority
) -> None:
    """OpenSSL takes the strength that is asked for with the certificate: that of the listener must come along."""
    other = put(folder, authority, "other", "a.example.test")
    contexts.load(ANSWERS, "default")
    for listener, version, answers in (
        ("mx", ssl.TLSVersion.TLSv1, True),
        ("imaps", ssl.TLSVersion.TLSv1, False),
        ("imaps", ssl.TLSVersion.TLSv1_2, True),
    ):
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        client.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning) if version is ssl.TLSVersion.TLSv1 else _nothing():
            client.minimum_version = client.maximum_version = version
        assert (handshaken(contexts.of(listener), client, "a.example.test") == other) is answers


def handshaken(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bytes | None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
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
    return here.getpeercert(binary_form=True)


def _nothing() -> object:
    import contextlib

    return contextlib.nullcontext()


def test_what_an_authority_signed_comes_before_what_we_made(
    contexts: TlsContexts, folder: CertificateFolder, authority: Authority
) -> None:
    real = put(folder, authority, "real", "mail.example.test")
    contexts.load(ANSWERS, "default")
    assert shown(contexts.of("imaps"), "mail.example.test") == real
    assert shown(contexts.of("imaps"), None) != real
    contexts.load(ANSWERS, "real")
    assert shown(contexts.of("imaps"), None) == real


def test_unchanged_files_are_not_loaded_again(
    contexts: TlsContexts, folder: CertificateFolder, authority: Authority
) -> None:
    before = contexts.of("imaps")
    put(folder, authority, "other", "a.example.test")
    contexts.load(ANSWERS, "default")
    assert contexts.of("imaps") is before
    put(folder, authority, "default", "mail.example.test")
    contexts.load(ANSWERS, "default")
    assert contexts.of("imaps") is not before


def test_a_broken_one_keeps_its_old_place(
    contexts: TlsContexts, folder: CertificateFolder, authority: Authority
) -> None:
    other = put(folder, authority, "other", "a.example.test")
    contexts.load(ANSWERS, "default")
    (folder.path / "other.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    with capture_logs() as logs:
        contexts.load(ANSWERS, "default")
    assert [line["certificate"] for line in logs if line["event"] == "certificate not usable"] == ["other"]
    assert shown(contexts.of("imaps"), "a.example.test") == other
    (folder.path / "default.pem").write_bytes(b"nothing")
    with pytest.raises((Malformed, ssl.SSLError)):
        contexts.load(ANSWERS, "default")
    assert shown(contexts.of("imaps"), "a.example.test") == other


def test_a_default_that_is_gone_is_told(contexts: TlsContexts) -> None:
    with capture_logs() as logs:
        contexts.load(ANSWERS, "removed")
    assert [line["event"] for line in logs] == ["default certificate not there"]
