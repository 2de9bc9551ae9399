"""What is changed in the browser takes effect on the real port, and is seen by the command line alike."""

from __future__ import annotations

import imaplib
import io
import json
import re
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pyotp
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from browser.conftest import Console, window
from lines import Lines, wait_for
from whole import PASSWORDS, WholeServer, postroom

LIVE = 2.0  # seconds within which a change is in force


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def imap(server: WholeServer, name: str, password: str = "") -> imaplib.IMAP4_SSL:
    context = ssl._create_unverified_context()
    client = imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=context, timeout=10)
    try:
        client.login(f"{name}@example.test", password or PASSWORDS[name])
    except imaplib.IMAP4.error:
        client.shutdown()
        raise
    return client


def test_imap_is_switched_off_while_other_sessions_live_on(console: Console, server: WholeServer) -> None:
    with server.smtp() as other:
        other.ehlo()
        page = console.open("service/protocol/imap_pop3")
        page.get_by_role("switch", name="IMAP SSL/TLS").click(force=True)
        expect(page.get_by_text("1 unsaved change")).to_be_visible()
        console.save()
        wait_for(lambda: not is_open(server.port("imaps")), LIVE)
        assert other.noop()[0] == 250, "a session of another protocol lives on"
        assert "off" in server.command(
            "settings", "get", "imap_pop3.imaps.enabled"
        ).lower() or "false" in server.command("settings", "get", "imap_pop3.imaps.enabled")
        page.get_by_role("button", name="Undo").click()
        wait_for(lambda: is_open(server.port("imaps")), 5)
        assert other.noop()[0] == 250


def test_a_port_is_validated_as_it_is_typed_and_nothing_is_saved(console: Console, server: WholeServer) -> None:
    page = console.open("service/protocol/smtp")
    port = page.get_by_label("Port").first
    before = port.input_value()
    port.fill("70000")
    expect(page.get_by_text("65535").first).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    port.fill("465")  # taken by another listener: only the server knows
    expect(page.get_by_text("can't both listen").first).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(port).to_have_value(before)
    assert is_open(server.port("mx"))


def test_the_same_change_by_the_command_line_is_seen(console: Console, server: WholeServer) -> None:
    server.command("settings", "set", "smtp.banner", "Said by the command line")
    page = console.open("service/protocol/smtp")
    expect(page.get_by_label("Banner")).to_have_value("Said by the command line")
    page.get_by_label("Banner").fill("Said by the console")
    console.save()
    with Lines(server.port("mx")) as client:
        assert b"Said by the console" in client.line(), "in the greeting on the port"
    assert "Said by the console" in server.command("settings", "get", "smtp.banner")


def test_what_was_changed_meanwhile_is_not_overwritten(console: Console, server: WholeServer) -> None:
    page = console.open("service/protocol/smtp")
    page.get_by_label("Banner").fill("From an old page")
    server.command("settings", "set", "smtp.max_hops", "41")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("changed", re.I)).first).to_be_visible()
    assert "From an old page" not in server.command("settings", "get", "smtp.banner")
    assert server.command("settings", "get", "smtp.max_hops").strip() == "41"


def test_a_user_is_added_logs_in_and_is_disabled(console: Console, server: WholeServer) -> None:
    page = console.open("accounts/users")
    page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Carol 日本")
    dialog.get_by_label("Address").fill("carol@example.test")
    dialog.get_by_label("Password", exact=True).fill("carol-password-1")
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="carol@example.test").first.wait_for()
    imap(server, "carol", "carol-password-1").logout()
    assert "carol@example.test" in server.command("account", "list")
    page.get_by_label("Search address or name").fill("日本")
    expect(page.get_by_role("row")).to_have_count(2)
    server.command("account", "disable", "carol@example.test")
    page.reload()
    expect(page.get_by_text("Disabled").first).to_be_visible()
    with pytest.raises(imaplib.IMAP4.error):
        imap(server, "carol", "carol-password-1")


def test_a_name_with_a_script_is_text(console: Console, server: WholeServer) -> None:
    name = "<img src=x onerror=document.title='run'><script>document.title='run'</script>"
    words = ("account", "add", "mallory@example.test", "--name", name, "--password-stdin")
    server.command(*words, stdin="mallory-password\n")
    page = console.open("accounts/users")
    expect(page.get_by_text(name).first).to_be_visible()
    console.open("audit")
    console.open("accounts/users")
    assert page.title() != "run"
    assert page.locator("img[src=x]").count() == 0
    server.command("account", "remove", "mallory@example.test", "--yes")


def test_a_connection_is_ended(console: Console, server: WholeServer) -> None:
    client = imap(server, "alice")
    page = console.open("connections")
    row = page.get_by_role("row").filter(has_text="alice@example.test").first
    expect(row).to_contain_text("TLSv1.3")
    row.get_by_role("button").last.click()
    for name in ("End connection", "End"):
        found = page.get_by_role("menuitem", name=name)
        if found.count():
            found.first.click()
            break
    page.get_by_role("alertdialog").get_by_role("button", name=re.compile("End")).click()
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        for _ in range(50):
            client.noop()
            time.sleep(0.1)
    client.shutdown()
    expect(page.get_by_role("row").filter(has_text="alice@example.test")).to_have_count(0)


def test_the_limit_of_connections_is_felt(console: Console, server: WholeServer) -> None:
    page = console.open("service/protocol/imap_pop3")
    page.get_by_label(re.compile("simultaneous connections")).fill("1")
    console.save()
    first = imap(server, "bob")
    second = imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=ssl._create_unverified_context())
    with second, pytest.raises(imaplib.IMAP4.error, match="LIMIT"):
        second.login("bob@example.test", PASSWORDS["bob"])
    first.logout()
    wait_for(lambda: not server.status()["sessions"], 2)
    imap(server, "bob").logout()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label(re.compile("simultaneous connections"))).to_have_value("20")


def handshake(port: int, version: str) -> bool:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", f"-{version}", "-brief"]
    return subprocess.run(command, input=b"", capture_output=True, check=False, timeout=20).returncode == 0


def test_a_stricter_tls_profile_says_who_would_be_shut_out(console: Console, server: WholeServer) -> None:
    old = ssl._create_unverified_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    client = imaplib.IMAP4_SSL("127.0.0.1", server.port("imaps"), ssl_context=old, timeout=10)
    client.login("alice@example.test", PASSWORDS["alice"])
    client.logout()
    wait_for(lambda: "alice" in server.command("tls", "refused", "--profile", "modern"), 90)
    page = console.open("security/tls")
    page.get_by_role("radio", name="Modern").check(force=True)
    expect(page.get_by_text("alice@example.test").first).to_be_visible()
    console.save()
    wait_for(lambda: not handshake(server.port("imaps"), "tls1_2"), LIVE + 2)
    assert handshake(server.port("imaps"), "tls1_3")
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: handshake(server.port("imaps"), "tls1_2"), 5)


def test_the_queue_is_held_released_and_emptied(console: Console, server: WholeServer) -> None:
    server.command("settings", "set", "relay.enabled", "off")
    time.sleep(0.5)
    with server.submission() as client:
        client.sendmail("alice@example.test", ["one@far.test", "two@far.test"], b"Subject: waits\r\n\r\nx\r\n")
    page = console.open("queue")
    expect(page.get_by_text("one@far.test")).to_be_visible()
    page.get_by_label("Select all on this page").check(force=True)
    page.get_by_role("button", name="Hold").click()
    wait_for(lambda: all(item["held"] for item in queued(server)), 5)
    page.get_by_label("Select all on this page").check(force=True)
    page.get_by_role("button", name="Release").click()
    wait_for(lambda: not any(item["held"] for item in queued(server)), 5)
    page.get_by_role("link", name="one@far.test").click()
    expect(page.get_by_text("Subject: waits")).to_be_visible()
    console.open("queue")
    page.get_by_label("Select all on this page").check(force=True)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    wait_for(lambda: queued(server) == [], 5)
    server.command("settings", "set", "relay.enabled", "on")


def queued(server: WholeServer) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(server.command("queue", "list", "--json"))
    return found


def test_a_logo_is_shown_and_reset(console: Console, tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("RGB", (640, 200), (200, 30, 30)).save(target, "PNG")
    (tmp_path / "logo.png").write_bytes(target.getvalue())
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    page = console.open("branding")
    page.locator("input[type=file]").set_input_files(tmp_path / "logo.svg")
    expect(page.get_by_text("SVG is not taken").first).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "logo.png")
    expect(page.get_by_text("128 × 40 pixels")).to_be_visible()
    page.get_by_role("button", name="Use this logo").click()
    shown = page.get_by_role("complementary").locator("img").first
    expect(shown).to_be_visible()  # it is kept: a page opened before that would cut the upload off
    console.open("queue")
    expect(shown).to_be_visible()
    assert shown.evaluate("(image) => image.naturalWidth") in (128, 256)
    console.open("branding")
    page.get_by_role("button", name="Built-in logo").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Built-in logo").click()
    expect(page.get_by_role("complementary").locator("img")).to_have_count(0)


def test_a_second_factor_is_set_up_and_asked_for(chromium: Browser, server: WholeServer) -> None:
    password = "boss-password-1"
    words = ("account", "add", "boss@example.test", "--role", "administrator", "--password-stdin")
    server.command(*words, stdin=f"{password}\n")
    context = window(chromium)
    console = Console(server, context.new_page())
    console.log_in("boss", password)
    console.page.get_by_role("heading", name="Overview").wait_for()
    page = console.open("account")
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("dialog").last.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("dialog").last.get_by_role("button", name="Continue").click()
    page.get_by_text("Scan this with your authenticator app.").wait_for()
    expect(page.get_by_role("img", name="QR code of the second factor")).to_be_visible()
    found = re.search(r"\b[A-Z2-7]{4}(?: ?[A-Z2-7]{4}){7}\b", page.get_by_role("dialog").last.inner_text())
    assert found
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(found[0].replace(" ", "")).now())
    page.get_by_role("button", name="Turn on").click()
    page.get_by_text("Recovery codes").first.wait_for()
    codes = re.findall(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", page.locator("body").inner_text())
    assert len(codes) == 10
    context.close()
    context = window(chromium)
    again = Console(server, context.new_page())
    again.log_in("boss", password)
    again.page.get_by_label("Code", exact=True).fill(codes[0])
    again.page.get_by_role("button", name="Sign in", exact=True).click()
    again.page.get_by_role("heading", name="Overview").wait_for()
    turn_off(again, password, codes)
    context.close()
    context = window(chromium)
    third = Console(server, context.new_page())
    third.log_in("boss", password)
    third.page.get_by_role("heading", name="Overview").wait_for()
    context.close()


def turn_off(console: Console, password: str, codes: list[str]) -> None:
    """The second factor; not with a wrong password, and not with a recovery code that was used."""
    page = console.open("account")
    section = page.get_by_role("region", name="Second factor")
    expect(section.get_by_text("On", exact=True)).to_be_visible()
    section.get_by_role("button", name="Turn off").click()
    dialog = page.get_by_role("dialog")
    for wrong in (("not the password", codes[1]), (password, codes[0])):
        dialog.get_by_label("Password", exact=True).fill(wrong[0])
        dialog.get_by_label("Code", exact=True).fill(wrong[1])
        dialog.get_by_role("button", name="Turn off").click()
        expect(dialog.get_by_role("alert")).to_be_visible()
        expect(section.get_by_text("On", exact=True)).to_have_count(1)
    dialog.get_by_label("Password", exact=True).fill(password)
    dialog.get_by_label("Code", exact=True).fill(codes[2])
    dialog.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("The second factor is off")).to_be_visible()
    expect(section.get_by_text("Off", exact=True)).to_be_visible()


def test_a_backup_is_made_and_fetched(console: Console, server: WholeServer, tmp_path: Path) -> None:
    page = console.open("backup")
    page.get_by_role("button", name="Back up now").first.click()
    link = page.get_by_role("link", name=re.compile("^Download")).first
    link.wait_for(timeout=30_000)
    with page.expect_download() as started:
        link.click()
    path = tmp_path / "backup.tar"
    started.value.save_as(path)
    done = postroom(tmp_path / "again", "restore", str(path))
    assert done.returncode == 0, done.stderr
    assert postroom(tmp_path / "again", "doctor", "--deep").returncode == 0


def test_what_was_done_is_in_the_audit_log(console: Console) -> None:
    page = console.open("audit")
    page.get_by_label(re.compile("Search")).first.fill("settings changed")
    expect(page.get_by_text("settings changed").first).to_be_visible()
    expect(page.get_by_text("admin@example.test").first).to_be_visible()


def test_a_switch_of_the_search_says_what_it_costs_before_it_is_saved(console: Console, server: WholeServer) -> None:
    page = console.open("service/protocol/search")
    characters = page.get_by_role("switch", name="Allow character search")
    again, deleted = page.get_by_text("every message is indexed again"), page.get_by_text("the indexes are deleted")
    expect(again).to_have_count(0)
    characters.click(force=True)
    expect(again).to_be_visible()
    page.get_by_role("switch", name="Enable full-text search").click(force=True)
    expect(deleted).to_be_visible()
    expect(again).to_have_count(0)
    page.get_by_role("button", name="Discard").click()
    expect(deleted).to_have_count(0)
    assert server.command("settings", "get", "search.enabled").strip() in ("on", "true")


def test_the_index_is_shown_and_made_anew(console: Console, server: WholeServer) -> None:
    with server.smtp() as client:
        client.sendmail("a@far.test", ["alice@example.test"], b"Subject: indexed\r\n\r\nfound in the browser\r\n")
    wait_for(lambda: any(server.data.glob("accounts/*/*/index.sqlite")), 60)
    page = console.open("service/protocol/search")
    expect(page.get_by_text("Everything is indexed")).to_be_visible()
    row = page.get_by_role("row", name="alice@example.test")
    expect(row).to_be_visible()
    index = next(server.data.glob("accounts/*/*/index.sqlite"))
    inode = index.stat().st_ino
    page.get_by_role("button", name="Rebuild all").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Rebuild").click()
    expect(page.get_by_text("The index is made anew in the background")).to_be_visible()
    wait_for(lambda: index.exists() and index.stat().st_ino != inode, 60)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    expect(page.get_by_role("switch", name="Pause indexing")).to_be_checked()
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_text("Everything is indexed")).to_be_visible()
    page.get_by_text("Pause indexing", exact=True).click()
    console.save()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    assert "paused" in server.command("index", "status")
    server.command("index", "resume")
    expect(page.get_by_text("Everything is indexed")).to_be_visible()
