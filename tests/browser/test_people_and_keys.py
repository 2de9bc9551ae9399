"""Domains, groups, tables, app passwords, certificates and tokens: done in the browser, felt by mail programs and programs."""

from __future__ import annotations

import datetime
import imaplib
import json
import smtplib
import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import expect

from browser.conftest import Console
from browser.test_controls import imap
from lines import wait_for
from whole import WholeServer


def test_a_domain_with_its_aliases_keys_and_limits(console: Console, server: WholeServer) -> None:
    page = console.open("domains")
    page.get_by_role("button", name="Add domain").click()
    page.get_by_role("dialog").get_by_label("Domain", exact=True).fill("bücher.test")
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    wait_for(lambda: "bücher.test" in server.command("domain", "list"), 10)
    console.open("domains/bücher.test/dns")
    expect(page.get_by_text("v=spf1").first).to_be_visible()
    expect(page.get_by_text("v=DKIM1").first).to_be_visible()
    console.open("domains/bücher.test/aliases")
    page.get_by_role("button", name="Add alias").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Alias").fill("info")
    dialog.get_by_label("Leads to").fill("alice@example.test")
    dialog.get_by_role("button", name="Add", exact=True).click()
    wait_for(lambda: "info@bücher.test" in server.command("alias", "list"), 10)
    console.open("domains/bücher.test/settings")
    page.get_by_role("textbox", name="Catch-all").fill("bob@example.test")
    page.get_by_role("button", name="Save").first.click()
    wait_for(lambda: "bob@example.test" in server.command("domain", "list", "--json"), 10)
    with server.smtp() as sender:
        sender.sendmail("x@far.test", ["info@xn--bcher-kva.test"], b"Subject: by alias\r\n\r\nx\r\n")
        sender.sendmail("x@far.test", ["whoever@xn--bcher-kva.test"], b"Subject: by catch-all\r\n\r\nx\r\n")
    for name, subject in (("alice", "by alias"), ("bob", "by catch-all")):
        client = imap(server, name)
        client.select("INBOX")
        assert client.search(None, "SUBJECT", f'"{subject}"')[1] != [b""], name
        client.logout()


def test_a_group_takes_mail_for_its_members(console: Console, server: WholeServer) -> None:
    page = console.open("accounts/groups")
    page.get_by_role("button", name="Add group").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Everybody")
    dialog.get_by_label("Address").fill("everybody@example.test")
    dialog.get_by_label("Members").fill("alice@example.test\nbob@example.test")
    dialog.get_by_role("button", name="Create").click()
    wait_for(lambda: "everybody@example.test" in server.command("group", "list"), 10)
    with server.smtp() as sender:
        sender.sendmail("x@far.test", ["everybody@example.test"], b"Subject: to all of you\r\n\r\nx\r\n")
    for name in ("alice", "bob"):
        client = imap(server, name)
        client.select("INBOX")
        assert client.search(None, "SUBJECT", '"to all of you"')[1] != [b""]
        client.logout()


def test_a_table_is_looked_at_and_then_imported(console: Console, server: WholeServer, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text(
        "address,name,quota\nnew1@example.test,One,1000000\nalice@example.test,Alice Liddell,\nbad address,x,\n",
        "utf-8",
    )
    page = console.open("accounts/import")
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("1 to add")).to_be_visible()
    expect(page.get_by_text("1 error")).to_be_visible()
    assert "new1@example.test" not in server.command("account", "list"), "nothing changes before it is looked at"
    page.get_by_role("button", name="Do 2 changes").click()
    wait_for(lambda: "new1@example.test" in server.command("account", "list"), 20)
    expect(page.get_by_text("1 added")).to_be_visible()
    assert "Alice Liddell" in server.command("account", "list")


def test_an_app_password_is_good_for_its_protocol_alone(console: Console, server: WholeServer) -> None:
    accounts = json.loads(server.command("account", "list", "--json"))
    bob = next(one["id"] for one in accounts if one["address"] == "bob@example.test")
    page = console.open(f"accounts/users/{bob}")
    page.get_by_role("region", name="App passwords").get_by_role("button", name="Add").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Telephone")
    for name in ("SMTP", "POP3"):
        box = dialog.get_by_role("checkbox", name=name)
        if box.is_checked():
            box.uncheck(force=True)
    imap_box = dialog.get_by_role("checkbox", name="IMAP")
    if not imap_box.is_checked():
        imap_box.check(force=True)
    dialog.get_by_role("button", name="Create").click()
    page.get_by_text("The app password").first.wait_for()
    password = page.get_by_role("alertdialog").locator("code").first.inner_text().strip()
    imap(server, "bob", password).logout()
    with smtplib.SMTP("127.0.0.1", server.port("submission"), timeout=10) as client:
        client.starttls(context=ssl._create_unverified_context())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("bob@example.test", password)


def self_made(name: str, folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def shown_for(server: WholeServer, name: str) -> str:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", server.port("imaps")), 5) as plain,
        context.wrap_socket(plain, server_hostname=name) as sock,
    ):
        found = x509.load_der_x509_certificate(sock.getpeercert(binary_form=True) or b"")
        return found.subject.rfc4514_string()


def test_a_certificate_is_uploaded_and_shown_for_its_name(
    console: Console, server: WholeServer, tmp_path: Path
) -> None:
    chain, key = self_made("other.example.test", tmp_path)
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    _, foreign = self_made("else.example.test", wrong)
    page = console.open("security/certificates")
    page.get_by_role("button", name="Upload").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Certificate and chain", exact=True).fill(chain.read_text())
    dialog.get_by_label("Private key", exact=True).fill(foreign.read_text())
    expect(dialog.get_by_text("key").last).to_be_visible()
    expect(dialog.get_by_role("button", name="Keep it")).to_be_disabled()
    dialog.get_by_label("Private key", exact=True).fill(key.read_text())
    expect(dialog.get_by_role("button", name="Keep it")).to_be_enabled()
    dialog.get_by_role("button", name="Keep it").click()
    wait_for(lambda: "other.example.test" in shown_for(server, "other.example.test"), 5)
    assert "mail.example.test" in shown_for(server, "mail.example.test")
    expect(dialog).to_have_count(0)  # it closes when the answer is here, a moment after the certificate is in force
    assert b"PRIVATE KEY" not in page.content().encode()


def test_a_token_is_good_for_its_scopes_until_it_is_removed(console: Console, server: WholeServer) -> None:
    page = console.open("security/tokens")
    page.get_by_role("button", name="New token").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("monitoring")
    dialog.get_by_role("checkbox", name="health:read").check(force=True)
    dialog.get_by_role("button", name="Create").click()
    page.get_by_text("The token").first.wait_for()
    token = next(word for word in page.get_by_role("alertdialog").inner_text().split() if word.startswith("prt_"))
    assert asked(server, "/health", token) == 200
    assert asked(server, "/queue", token) == 403
    page.get_by_role("alertdialog").get_by_role("button", name="Done").click()
    console.open("security/tokens")
    page.get_by_role("row").filter(has_text="monitoring").get_by_role("button").last.click()
    menu = page.get_by_role("menuitem")
    if menu.count():
        menu.last.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    wait_for(lambda: asked(server, "/health", token) == 401, 5)


def asked(server: WholeServer, path: str, token: str) -> int:
    request = urllib.request.Request(
        f"https://localhost:{server.port('console')}/api/v1{path}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, context=ssl._create_unverified_context(), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_guesser_is_shown_and_let_in(console: Console, server: WholeServer) -> None:
    server.command("settings", "set", "limits.trusted_networks", "[]")
    unchecked = ssl._create_unverified_context()
    for _ in range(5):
        client = imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=unchecked, timeout=20)
        with pytest.raises(imaplib.IMAP4.error):
            client.login("bob@example.test", "a wrong guess")
        client.shutdown()
    page = console.open("security/lockouts")
    row = page.get_by_role("row").filter(has_text="bob@example.test")
    expect(row).to_contain_text("127.0.0.1")
    row.get_by_role("button").last.click()
    menu = page.get_by_role("menuitem")
    if menu.count():
        menu.last.click()
    expect(page.get_by_text("Nobody waits")).to_be_visible()
    server.command("settings", "set", "limits.trusted_networks", '["127.0.0.0/8", "::1/128"]')
