"""Certificates ordered from a real authority, Pebble, which looks for every answer itself: by HTTP, by TLS, in the DNS.

Pebble and the DNS server that comes with it listen on loopback; names lead to 127.0.0.1.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect, sync_playwright

from authority import Authority, private_pem
from browser.conftest import CHROMIUM, Console, window
from lines import HOST, wait_for
from postroom.app import Adapters
from postroom.cli.opened import run
from whole import WholeServer, postroom, running

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("acme"),
    pytest.mark.skipif(shutil.which("pebble") is None, reason="Debian's package pebble can't be had"),
]
NAME = "mail.example.test"
_HOOK = """#!/bin/sh
# set-txt and clear-txt of Pebble's DNS server
echo "$@" >> {log}
case "$2" in
  add) exec curl -sf -d "{{\\"host\\": \\"$3.\\", \\"value\\": \\"$4\\"}}" http://127.0.0.1:{port}/set-txt ;;
  remove) exec curl -sf -d "{{\\"host\\": \\"$3.\\"}}" http://127.0.0.1:{port}/clear-txt ;;
esac
exit 1
"""


@dataclass(frozen=True)
class Pebble:
    directory: str
    authorities: Path
    dns_control: int


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def answers(url: str, trusted: Path) -> bool:
    try:
        with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=str(trusted)), timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("acme")) as one:
        yield one


@pytest.fixture(scope="module")
def pebble(server: WholeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    folder = tmp_path_factory.mktemp("pebble")
    root = Authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "cert.pem").write_bytes(root.signed(key, "localhost"))
    (folder / "key.pem").write_bytes(private_pem(key))
    port, dns, control = free_port(), free_port(), free_port()
    config = {
        "listenAddress": f"{HOST}:{port}",
        "managementListenAddress": f"{HOST}:{free_port()}",
        "certificate": str(folder / "cert.pem"),
        "privateKey": str(folder / "key.pem"),
        "httpPort": 80 + server.offset,
        "tlsPort": 443 + server.offset,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "config.json").write_text(json.dumps({"pebble": config}))
    environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20", "PEBBLE_AUTHZREUSE": "0"}
    resolver = ["-dns01", f"{HOST}:{dns}", "-management", f"{HOST}:{control}", "-defaultIPv6", ""]
    commands = [
        ["pebble-challtestsrv", *resolver, "-http01", "", "-https01", "", "-tlsalpn01", ""],
        ["pebble", "-config", str(folder / "config.json"), "-dnsserver", f"{HOST}:{dns}", "-strict"],
    ]
    with (folder / "log").open("wb") as log:
        processes = [subprocess.Popen(one, stdout=log, stderr=log, env=environment, cwd=folder) for one in commands]
    found = Pebble(f"https://localhost:{port}/dir", root.path, control)
    try:
        wait_for(lambda: answers(found.directory, root.path), 20)
        server.set("certificates.acme_directory", found.directory)
        server.set("certificates.acme_authorities", str(root.path))
        yield found
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture
def hook(server: WholeServer, pebble: Pebble, tmp_path: Path) -> Path:
    program = server.data / "hooks" / "dns"
    program.parent.mkdir(exist_ok=True)
    log = tmp_path / "calls"
    program.write_text(_HOOK.format(log=log, port=pebble.dns_control))
    program.chmod(0o755)
    server.set("certificates.acme_dns_hook", ["dns", "an argument; $(with) signs"])
    server.set("certificates.acme_dns_wait", 0)
    return log


def shown(server: WholeServer, name: str | None, door: str = "imaps") -> x509.Certificate:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((HOST, server.port(door)), timeout=10) as sock,
        context.wrap_socket(sock, server_hostname=name) as tls,
    ):
        return x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")


def is_from_pebble(certificate: x509.Certificate) -> bool:
    return "Pebble" in certificate.issuer.rfc4514_string()


def proving(server: WholeServer) -> list[str]:
    return [item["door"] for item in server.listeners() if item["door"].startswith("acme")]


def test_http_01_to_the_end(server: WholeServer, pebble: Pebble) -> None:
    """The first certificate takes the place of the self-signed one; the port is open only while the order runs."""
    said = server.command("certificate", "order", NAME, "imap.example.test", "--agree")
    assert f"{NAME} is in force" in said
    wait_for(lambda: proving(server) == [], 5)
    for name in (NAME, "imap.example.test", None):
        wait_for(lambda name=name: all(is_from_pebble(shown(server, name)) for _ in range(6)), 3)
    assert list((server.data / "run").glob("acme/*")) == []
    path = server.data / "certificates" / f"{NAME}.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    found = {one["name"]: one for one in json.loads(server.command("certificate", "list", "--json"))}
    mine = found[NAME]
    assert (mine["source"], mine["is_default"], mine["problems"]) == ("acme", True, [])
    assert mine["names"] == [NAME, "imap.example.test"]
    life = mine["not_after"] - mine["not_before"]
    assert mine["renew_at"] <= mine["not_after"] - life // 3
    assert found["default"]["source"] == "self-signed"


def test_tls_alpn_01_to_the_end(server: WholeServer, pebble: Pebble) -> None:
    said = server.command("certificate", "order", "alpn.example.test", "--challenge", "tls-alpn-01", "--agree")
    assert "alpn.example.test is in force" in said
    wait_for(lambda: is_from_pebble(shown(server, "alpn.example.test")), 3)
    wait_for(lambda: proving(server) == [], 5)


def test_dns_01_to_the_end(server: WholeServer, pebble: Pebble, hook: Path) -> None:
    """A wildcard, and two records at one name; no shell looks at the arguments; what was put is taken away."""
    words = ("*.wild.example.test", "wild.example.test", "--challenge", "dns-01", "--agree", "--name", "wild")
    assert "wild is in force" in server.command("certificate", "order", *words)
    calls = hook.read_text().splitlines()
    assert [call.split()[5] for call in calls] == ["_acme-challenge.wild.example.test"] * 4
    assert [call.removeprefix("an argument; $(with) signs ").split()[0] for call in calls] == ["add"] * 2 + [
        "remove"
    ] * 2
    wait_for(lambda: is_from_pebble(shown(server, "any.wild.example.test")), 3)


def test_renewed_with_the_same_account(server: WholeServer, pebble: Pebble) -> None:
    server.command("certificate", "order", "again.example.test", "--agree")
    wait_for(lambda: is_from_pebble(shown(server, "again.example.test")), 3)
    before = shown(server, "again.example.test")
    with server.imap() as session:
        assert "again.example.test is in force" in server.command("certificate", "renew", "again.example.test")
        wait_for(lambda: shown(server, "again.example.test").serial_number != before.serial_number, 3)
        assert session.noop()[0] == "OK"
    after = shown(server, "again.example.test")
    assert after.public_key() != before.public_key()


def test_what_fails_is_told_and_the_old_one_stays(server: WholeServer, pebble: Pebble) -> None:
    """The port where the authority looks is somebody else's."""
    server.command("certificate", "order", "kept.example.test", "--agree")
    wait_for(lambda: is_from_pebble(shown(server, "kept.example.test")), 3)
    before = shown(server, "kept.example.test")
    wait_for(lambda: proving(server) == [], 5)
    time.sleep(0.3)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("0.0.0.0", 80 + server.offset))
        taken.listen()
        done = postroom(server.data, "certificate", "renew", "kept.example.test")
    assert done.returncode == 1
    assert f"port {80 + server.offset} can't be opened: Address already in use" in done.stderr
    assert shown(server, "kept.example.test") == before
    found = json.loads(server.command("certificate", "show", "kept.example.test", "--json"))
    assert found["problems"][0].startswith("not renewed yet: port")
    assert '"event":"certificate not issued"' in server.log.read_text()
    wait_for(lambda: proving(server) == [], 5)
    assert "kept.example.test is in force" in server.command("certificate", "renew", "kept.example.test")


def test_an_authority_that_finds_no_answer(server: WholeServer, pebble: Pebble, hook: Path) -> None:
    """The program says that it has put the record, and has not."""
    program = server.data / "hooks" / "dns"
    program.write_text("#!/bin/sh\nexit 0\n")
    done = postroom(server.data, "certificate", "order", "lost.example.test", "--challenge", "dns-01", "--agree")
    assert done.returncode == 1
    assert "the authority could not check a name: lost.example.test: " in done.stderr
    server.command("certificate", "remove", "lost.example.test")
    assert "lost.example.test" not in server.command("certificate", "list")


def test_strangers_get_nothing_at_the_ports_of_the_proof(server: WholeServer, pebble: Pebble) -> None:
    folder = server.data / "run" / "acme"
    folder.mkdir(exist_ok=True)
    (folder / "http-token").write_text("token.print")
    try:
        wait_for(lambda: "acme_http" in proving(server), 5)
        time.sleep(0.3)
        found = {}
        for request in (
            b"GET /.well-known/acme-challenge/token HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /.well-known/acme-challenge/other HTTP/1.1\r\n\r\n",
            b"GET /.well-known/acme-challenge/../../server.sqlite HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"POST /.well-known/acme-challenge/token HTTP/1.1\r\n\r\n",
            b"\x00" * 9000,
        ):
            with socket.create_connection((HOST, 80 + server.offset), timeout=10) as sock:
                sock.sendall(request)
                reply = b""
                while data := sock.recv(4096):
                    reply += data
            found[request] = (reply.partition(b"\r\n")[0], reply.endswith(b"token.print"))
        assert list(found.values()) == [(b"HTTP/1.1 200 OK", True)] + [(b"HTTP/1.1 404 Not Found", False)] * 5
    finally:
        shutil.rmtree(folder)
    wait_for(lambda: proving(server) == [], 5)


def test_an_authority_that_forgot_us(server: WholeServer, pebble: Pebble) -> None:
    """Our account is made anew, once."""
    server.command("certificate", "order", "old.example.test", "--agree")

    async def forget(adapters: Adapters) -> None:
        kept = adapters.acme.account(pebble.directory)
        assert kept is not None
        await adapters.acme.keep_account(replace(kept, uri=f"{kept.uri}9"))

    run(server.data, forget)
    assert "new.example.test is in force" in server.command("certificate", "order", "new.example.test", "--agree")


def test_the_terms_must_be_agreed_to(server: WholeServer, pebble: Pebble) -> None:
    done = postroom(server.data, "certificate", "order", NAME)
    assert (done.returncode, done.stderr) == (
        1,
        "postroom: agree: the authority's terms of service must be agreed to\n",
    )


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_ordered_in_the_browser(server: WholeServer, pebble: Pebble) -> None:
    """The last of this module: a browser's thread has a loop of its own while it is there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = window(browser)
        console = Console(server, context.new_page())
        console.watch()
        console.log_in()
        console.page.get_by_role("heading", name="Overview").wait_for()
        page = console.open("security/certificates")
        page.get_by_role("button", name="Order by ACME").click()
        dialog = page.get_by_role("dialog").last
        order = dialog.get_by_role("button", name="Order", exact=True)
        dialog.get_by_label("Names").fill("clicked.example.test\nalso.example.test")
        expect(order).to_be_disabled()
        dialog.get_by_text("I agree to the terms of service").click()
        order.click()
        expect(page.get_by_text("It is ordered")).to_be_visible()
        expect(page.get_by_role("heading", name="clicked.example.test")).to_be_visible()
        context.close()
        browser.close()
        assert console.faults == []
    wait_for(lambda: is_from_pebble(shown(server, "also.example.test")), 20)
