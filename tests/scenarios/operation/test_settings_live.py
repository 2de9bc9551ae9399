"""Settings take effect live: ports, switches, sizes, the gate in front of passwords; refused changes leave everything as it was (SPEC 1)."""

from __future__ import annotations

import base64
import imaplib
import poplib
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lines import HOST, Lines, free_port, is_open, taken, wait_for
from postroom.cli.setup import create_server
from whole import DOMAIN, PASSWORDS, PORTS, WholeServer, postroom, running

pytestmark = pytest.mark.xdist_group("settings live")
PATHS = {name: f"{'smtp' if name in ('mx', 'submissions', 'submission') else 'imap_pop3'}.{name}" for name in PORTS}
LOGIN = f"alice@{DOMAIN} {PASSWORDS['alice']}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("settings")) as one:
        yield one


def test_a_port_moves_and_sessions_live_on(server: WholeServer) -> None:
    old = server.port("imaps")
    new = free_port()
    with server.imap() as session:
        server.set("imap_pop3.imaps.port", new - server.offset)
        wait_for(lambda: is_open(new) and not is_open(old), 2)
        assert session.noop()[0] == "OK"
        with imaplib.IMAP4_SSL("localhost", new, ssl_context=server.context(), timeout=20) as other:
            assert other.login(*LOGIN.split())[0] == "OK"
        server.command("settings", "undo")
        wait_for(lambda: is_open(old) and not is_open(new), 2)
        assert session.select("INBOX")[0] == "OK"


@pytest.mark.parametrize("door", sorted(PORTS))
def test_each_door_closes_and_opens_alone(server: WholeServer, door: str) -> None:
    server.set(f"{PATHS[door]}.enabled", False)
    wait_for(lambda: not is_open(server.port(door)), 2)
    assert all(is_open(server.port(other)) for other in PORTS if other != door)
    server.set(f"{PATHS[door]}.enabled", True)
    wait_for(lambda: is_open(server.port(door)), 2)


def test_a_session_outlives_its_door(server: WholeServer) -> None:
    with Lines(server.port("mx")) as client:
        assert client.line().startswith(b"220 ")
        server.set("smtp.mx.enabled", False)
        wait_for(lambda: not is_open(server.port("mx")), 2)
        assert client.ask("NOOP").startswith(b"250 ")
        server.set("smtp.mx.enabled", True)


def test_a_taken_port_is_reported_and_opens_when_it_is_free(server: WholeServer) -> None:
    new = free_port()
    with taken(new):
        server.set("imap_pop3.pop3.port", new - server.offset)
        listeners = [item for item in server.listeners() if item["door"] == "pop3"]
        assert any(not item["open"] and "in use" in item["error"] for item in listeners)
        assert f"pop3 {HOST}" not in server.command("status")
        assert all(is_open(server.port(door)) for door in PORTS if door != "pop3")
    wait_for(lambda: all(item["open"] for item in server.listeners()), 10)
    with Lines(new) as client:
        assert client.line().startswith(b"+OK")
    server.command("settings", "undo")
    wait_for(lambda: is_open(server.port("pop3")), 2)


REFUSED = [
    ("imap_pop3.imap.port", "993", "port 993"),
    ("imap_pop3.imap.port", "0", "imap_pop3.imap.port"),
    ("imap_pop3.imap.port", "70000", "65535"),
    ("imap_pop3.max_connections", "5001", "5000"),
    ("imap_pop3.secure_networks", '["nowhere"]', "secure_networks"),
    ("smtp.max_message_size", "12", "max_message_size"),
    ("security.tls_profile", "strict", "tls_profile"),
    ("security.tls_overrides", '{"telnet": "old"}', "telnet"),
    ("network.interface", "nosuch0", "nosuch0"),
    ("smtp.no_such_setting", "1", "no_such_setting"),
]


def test_a_refused_change_says_why_and_changes_nothing(server: WholeServer) -> None:
    before = server.command("settings", "get", "--json")
    history = server.command("settings", "history", "--json")
    for path, value, word in REFUSED:
        done = postroom(server.data, "settings", "set", path, value)
        assert done.returncode != 0, path
        assert word in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert server.command("settings", "get", "--json") == before
    assert server.command("settings", "history", "--json") == history
    wait_for(lambda: all(is_open(server.port(door)) for door in PORTS), 2)


def test_an_interface_needs_an_address(tmp_path: Path) -> None:
    """In a network namespace of its own, where the loopback interface is there and has none."""
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("making a network namespace is not allowed here")
    create_server(tmp_path / "data", "mail.example.test", "example.test")
    command = ["unshare", "-n", sys.executable, "-m", "postroom", "settings", "set", "network.interface", "lo"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert done.stderr.strip().endswith("network.interface: the interface lo has no address; choose one of all")


def mail_listeners(server: WholeServer) -> list[dict[str, Any]]:
    return [item for item in server.listeners() if item["door"] != "console"]


def test_one_interface_and_back(server: WholeServer) -> None:
    server.set("network.interface", "lo")
    wait_for(lambda: {item["address"] for item in mail_listeners(server)} <= {"127.0.0.1", "::1"}, 5)
    wait_for(lambda: all(is_open(server.port(door)) for door in PORTS), 2)
    server.set("network.interface", "all")
    assert "0.0.0.0" in {item["address"] for item in server.listeners()}, "the console has a choice of its own"
    wait_for(lambda: "0.0.0.0" in {item["address"] for item in mail_listeners(server)}, 5)
    wait_for(lambda: all(is_open(server.port(door)) for door in PORTS), 2)


def test_the_largest_message(server: WholeServer) -> None:
    server.set("smtp.max_message_size", 100_000)
    message = b"Subject: large\r\n\r\n" + b"x" * 76 * 10 + b"\r\n" * 60_000
    with server.smtp() as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "100000"
        assert client.docmd("MAIL", "FROM:<x@remote.test> SIZE=100001")[0] == 552
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.mail("x@remote.test")
            client.rcpt(f"alice@{DOMAIN}")
            code, text = client.data(message)
            raise smtplib.SMTPDataError(code, text)
        assert refused.value.smtp_code == 552
        assert client.noop()[0] == 250
    with server.imap() as client, pytest.raises(imaplib.IMAP4.error, match="TOOBIG"):
        raise imaplib.IMAP4.error(str(client.append("INBOX", "", "", message)))
    server.set("smtp.max_message_size", 200_000)
    with server.smtp() as client:
        assert client.sendmail("x@remote.test", [f"alice@{DOMAIN}"], message) == {}
    server.set("smtp.max_message_size", 50 * 1024 * 1024)


def clear_logins(server: WholeServer) -> list[bool]:
    """Whether a password is taken in clear by IMAP LOGIN, IMAP PLAIN, POP3 USER, POP3 PLAIN, SMTP AUTH PLAIN."""
    plain = base64.b64encode(f"\0alice@{DOMAIN}\0{PASSWORDS['alice']}".encode()).decode()
    taken_now = []
    for door, commands in {
        "imap": [f"a LOGIN {LOGIN}", f"a AUTHENTICATE PLAIN {plain}"],
        "pop3": [f"USER alice@{DOMAIN}", f"AUTH PLAIN {plain}"],
    }.items():
        for command in commands:
            with Lines(server.port(door)) as client:
                client.line()
                answer = client.ask(command)
                if command.startswith("USER") and answer.startswith(b"+OK"):
                    answer = client.ask(f"PASS {PASSWORDS['alice']}")
                taken_now.append(answer.startswith((b"a OK", b"+OK")))
                if not taken_now[-1]:
                    assert b"PRIVACYREQUIRED" in answer or answer.startswith(b"-ERR"), answer
    with Lines(server.port("imap")) as client:
        assert (b"LOGINDISABLED" in client.line()) is not taken_now[0]
    with Lines(server.port("pop3")) as client:
        client.line()
        client.send("CAPA")
        capabilities = client.until(".")
        assert (b"USER" in capabilities) is taken_now[2]
    with Lines(server.port("submission")) as client:
        client.line()
        client.send("EHLO client.test")
        offered = any(b"AUTH" in line and b"PLAIN" in line for line in client.until("250 "))
        answer = client.ask(f"AUTH PLAIN {plain}")
        assert answer.startswith((b"235", b"538", b"530"))
        assert offered is answer.startswith(b"235")
    return taken_now


def test_the_gate_in_front_of_passwords(server: WholeServer) -> None:
    """Acts on the next login, of sessions that are there already too."""
    assert clear_logins(server) == [False] * 4
    with Lines(server.port("imap")) as waiting:
        waiting.line()
        assert b"PRIVACYREQUIRED" in waiting.ask(f"a LOGIN {LOGIN}")
        server.set("imap_pop3.secure_networks", ["127.0.0.0/8"])
        assert waiting.ask(f"b LOGIN {LOGIN}").startswith(b"b OK")
    assert clear_logins(server) == [True] * 4
    server.set("imap_pop3.secure_networks", ["192.0.2.0/24"])
    assert clear_logins(server) == [False] * 4
    server.set("imap_pop3.prohibit_plaintext", False)
    assert clear_logins(server) == [True] * 4
    with Lines(server.port("pop3")) as waiting:
        waiting.line()
        server.set("imap_pop3.prohibit_plaintext", True)
        assert waiting.ask(f"USER alice@{DOMAIN}").startswith(b"-ERR")
    assert clear_logins(server) == [False] * 4
    client = poplib.POP3_SSL("localhost", server.port("pop3s"), context=server.context(), timeout=20)
    client.user(f"alice@{DOMAIN}")
    assert client.pass_(PASSWORDS["alice"]).startswith(b"+OK")
    client.quit()
