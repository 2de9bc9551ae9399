"""TLS profiles on the real ports, seen by openssl; certificates that are replaced while the server runs (SPEC 3, THREATS A6)."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as private_rsa

from authority import Authority, private_pem
from lines import HOST, Lines, wait_for
from postroom.net.certificates import CertificateFolder, make_self_signed
from postroom.net.tls_profiles import PROFILES, missing
from postroom.settings.security import TlsProfile
from whole import PORTS, WholeServer, running

pytestmark = [
    pytest.mark.xdist_group("tls live"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not installed"),
]
STARTTLS = {"mx": "smtp", "submission": "smtp", "imap": "imap", "pop3": "pop3"}
VERSIONS = ("tls1", "tls1_1", "tls1_2", "tls1_3")
ALLOWED = {"modern": {"tls1_3"}, "intermediate": {"tls1_2", "tls1_3"}, "old": set(VERSIONS)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("tls")) as one:
        yield one


def speaks(server: WholeServer, door: str, *options: str) -> bool:
    """Whether a handshake of openssl's client with these options succeeds."""
    port = next(item["port"] for item in server.listeners() if item["door"] == door)
    command = ["openssl", "s_client", "-connect", f"{HOST}:{port}", *options]
    if door in STARTTLS:
        command += ["-starttls", STARTTLS[door]]
    if "-cipher" not in options:
        command += ["-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    return b"Cipher is (NONE)" not in done.stdout and b"New, " in done.stdout


def matrix(server: WholeServer) -> dict[str, set[str]]:
    cells = [(door, version) for door in PORTS for version in VERSIONS]
    with ThreadPoolExecutor(4) as pool:
        spoken = list(pool.map(lambda cell: speaks(server, cell[0], f"-{cell[1]}"), cells))
    return {
        door: {cell[1] for cell, is_spoken in zip(cells, spoken, strict=True) if is_spoken and cell[0] == door}
        for door in PORTS
    }


@pytest.mark.parametrize("profile", ["modern", "old", "intermediate"])
def test_versions_on_every_door(server: WholeServer, profile: str) -> None:
    server.set("security.tls_profile", profile)
    expected = dict.fromkeys(PORTS, ALLOWED[profile])
    if profile == "modern":
        expected["mx"] = ALLOWED["intermediate"]
    assert matrix(server) == expected


def test_a_door_of_its_own_profile(server: WholeServer) -> None:
    server.set("security.tls_profile", "intermediate")
    server.set("security.tls_overrides", {"imaps": "modern", "pop3s": "old", "mx": "modern"})
    try:
        found = matrix(server)
    finally:
        server.set("security.tls_overrides", {})
    assert found["imaps"] == ALLOWED["modern"]
    assert found["pop3s"] == ALLOWED["old"]
    assert all(found[door] == ALLOWED["intermediate"] for door in PORTS if door not in ("imaps", "pop3s"))


def test_the_console_is_never_older_than_intermediate(server: WholeServer) -> None:
    server.set("security.tls_profile", "old")
    server.set("security.tls_overrides", {"console": "old"})
    try:
        assert spoken_by_console(server) == ALLOWED["intermediate"]
        server.set("security.tls_overrides", {"console": "modern"})
        assert spoken_by_console(server) == ALLOWED["modern"]
    finally:
        server.set("security.tls_overrides", {})
        server.set("security.tls_profile", "intermediate")
    assert spoken_by_console(server) == ALLOWED["intermediate"]


def spoken_by_console(server: WholeServer) -> set[str]:
    return {version for version in VERSIONS if speaks(server, "console", f"-{version}")}


def test_ciphers_of_intermediate(server: WholeServer) -> None:
    server.set("security.tls_profile", "intermediate")
    for cipher, spoken in (
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True),
        ("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", False),
        ("ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0", False),
    ):
        assert speaks(server, "imaps", "-tls1_2", "-cipher", cipher) is spoken, cipher


def test_the_application_protocol_is_checked(server: WholeServer) -> None:
    """RFC 7301: a client of another protocol is turned away in the handshake, so that no page is tricked into mail commands."""
    assert speaks(server, "imaps", "-alpn", "imap")
    assert speaks(server, "imaps")
    for door in ("imaps", "pop3s"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"{HOST}:{server.port(door)}", "-alpn", "http/1.1"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        assert b"no application protocol" in done.stderr or b"No ALPN negotiated" in done.stdout


def certificate_of(server: WholeServer, door: str) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with Lines(server.port(door), context) as client:
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.getpeercert(binary_form=True) or b""


def named(server: WholeServer, door: str, name: str) -> bytes:
    """The certificate that a client gets who asks for this name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((HOST, server.port(door)), timeout=10) as sock:
        if door == "imap":
            sock.recv(4096)
            sock.sendall(b"a STARTTLS\r\n")
            assert b"a OK" in sock.recv(4096)
        with context.wrap_socket(sock, server_hostname=name) as tls:
            return tls.getpeercert(binary_form=True) or b""


def hang_up(server: WholeServer, word: bytes) -> None:
    """SIGHUP, until the log says what came of it."""
    assert server.process is not None
    before = len(server.log.read_bytes())
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: server.log.read_bytes()[before:].count(word) >= 1, 5)
    time.sleep(0.3)


def test_a_new_certificate_comes_into_force_and_sessions_live_on(server: WholeServer) -> None:
    folder = server.data / "certificates"
    old = certificate_of(server, "imaps")
    with server.imap() as session:
        chain, key = make_self_signed("mail.example.test", int(time.time()))
        (folder / "default.key").write_bytes(key)
        (folder / "default.pem").write_bytes(chain)
        hang_up(server, b'"forced":true')
        new = {certificate_of(server, "imaps") for _ in range(6)}
        assert new == {ssl.PEM_cert_to_DER_cert(chain.decode())}
        assert old not in new
        assert session.noop()[0] == "OK"
        with server.imap() as other:
            assert other.noop()[0] == "OK"


@pytest.mark.parametrize("broken", ["garbage", "key of another", "gone"])
def test_a_broken_certificate_keeps_the_old_one(server: WholeServer, broken: str) -> None:
    folder = server.data / "certificates"
    chain, key = folder / "default.pem", folder / "default.key"
    kept = chain.read_bytes(), key.read_bytes()
    in_force = certificate_of(server, "pop3s")
    try:
        if broken == "garbage":
            chain.write_bytes(b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        elif broken == "key of another":
            key.write_bytes(make_self_signed("mail.example.test", int(time.time()))[1])
        else:
            chain.unlink()
        hang_up(server, b"the old ones stay")
        assert {certificate_of(server, "pop3s") for _ in range(6)} == {in_force}
        server.set("imap_pop3.max_connections", 20 + len(broken))
        assert server.log.read_text().count("the old ones stay") >= 2
    finally:
        chain.write_bytes(kept[0])
        key.write_bytes(kept[1])
    hang_up(server, b'"forced":true')
    assert certificate_of(server, "pop3s") == in_force


def test_the_certificate_of_the_name_within_two_seconds_on_every_worker(server: WholeServer, tmp_path: Path) -> None:
    """Put into the folder, seen without a signal; a session that is open stays."""
    folder = CertificateFolder(server.data / "certificates")
    authority = Authority(tmp_path)
    default = certificate_of(server, "imaps")
    with server.imap() as session:
        for number in range(2):  # new, then replaced
            chain, key = authority.pair("shop.example.test", "*.shop.example.test")
            folder.install("shop", chain, key, int(time.time()))
            time.sleep(2.0)
            wanted = ssl.PEM_cert_to_DER_cert(chain.decode())
            for name in ("shop.example.test", "a.shop.example.test", "SHOP.example.test"):
                assert {named(server, door, name) for door in ("imaps", "imap") for _ in range(6)} == {wanted}, number
            assert {named(server, "imaps", name) for name in ("x.y.shop.example.test", "other.test")} == {default}
        folder.remove("shop")
        time.sleep(2.0)
        assert {named(server, "imaps", "shop.example.test") for _ in range(6)} == {default}
        assert session.noop()[0] == "OK"


def test_a_name_that_is_no_text_ends_the_handshake_alone(server: WholeServer) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="zzzzzz.test")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = outgoing.read().replace(b"zzzzzz", b"zz\xff\xfezz")
    with socket.create_connection((HOST, server.port("imaps")), timeout=10) as sock:
        sock.sendall(hello)
        assert sock.recv(4096)[:1] in (b"\x15", b"")  # an alert
    with server.imap() as other:
        assert other.noop()[0] == "OK"


@pytest.fixture
def rsa(server: WholeServer, tmp_path: Path) -> Iterator[None]:
    """An RSA certificate in the place of the default one."""
    folder = server.data / "certificates"
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    key = private_rsa(65537, 2048)
    chain = Authority(tmp_path).signed(key, "mail.example.test")
    CertificateFolder(folder).install("default", chain, private_pem(key), int(time.time()))
    time.sleep(2.0)
    try:
        yield
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        time.sleep(2.0)


@pytest.mark.usefixtures("rsa")
def test_every_cipher_of_the_table_is_answered_and_no_other(server: WholeServer) -> None:
    """With an RSA key, since the guideline's last ciphers need one; DHE among them. Live, on one listener with STARTTLS and one without."""
    everything = PROFILES[TlsProfile.OLD].ciphers
    usable = [name for name in everything if "ECDSA" not in name and name not in missing(TlsProfile.OLD)]
    assert len(usable) > 15
    cells = [(door, cipher) for door in ("imaps", "submission") for cipher in usable]
    for profile in (TlsProfile.OLD, TlsProfile.INTERMEDIATE, TlsProfile.MODERN):
        server.set("security.tls_profile", profile.value)
        with ThreadPoolExecutor(4) as pool:
            options = ("-tls1_2", "-cipher")
            spoken = pool.map(lambda cell: speaks(server, cell[0], *options, f"{cell[1]}:@SECLEVEL=0"), cells)  # noqa: B023
            answered = {cell for cell, is_spoken in zip(cells, spoken, strict=True) if is_spoken}
        assert answered == {cell for cell in cells if cell[1] in PROFILES[profile].ciphers}, profile
    server.set("security.tls_profile", "intermediate")
