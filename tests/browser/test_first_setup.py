"""The first set-up in a browser: from the link that the server prints to mail that flows."""

from __future__ import annotations

import imaplib
import re
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.conftest import Console, window
from lines import wait_for
from whole import WholeServer, postroom

PASSWORD = "a long first password"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[WholeServer]:
    """Made for its set-up in a browser, and started."""
    server = WholeServer(tmp_path / "data", workers=1)
    done = postroom(server.data, "setup", "--in-browser", "--hostname", "first.example.test")
    assert done.returncode == 0, done.stderr
    server.command("settings", "set", "network.dns_servers", '["127.0.0.1:1"]')
    server.start()
    yield server
    server.stop()


def link(server: WholeServer) -> str:
    found = re.findall(r"https://\S+/console/setup/(\S+)", server.log.read_text())
    return found[-1]


def test_from_the_link_to_mail(chromium: Browser, empty: WholeServer) -> None:
    context = window(chromium)
    console = Console(empty, context.new_page())
    console.watch()
    page = console.page
    page.goto(console.url)
    expect(page.get_by_text("This server is not set up yet")).to_be_visible()
    page.goto(f"{console.url}setup/{'x' * 50}")
    expect(page.get_by_text("This link is good no more")).to_be_visible()
    token = link(empty)
    page.goto(f"{console.url}setup/{token}")
    page.get_by_role("heading", name="Set up Postroom").wait_for()
    assert console.violations() == []
    name = page.get_by_label("Server name")
    expect(name).to_have_value("first.example.test")
    name.fill("mail.example.test")
    page.get_by_role("button", name="Continue").click()
    page.locator("input[name=name]").fill("example.test")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Address").fill("first@example.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("A self-signed one works").wait_for()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Copy these into the DNS").wait_for()
    expect(page.get_by_text("v=spf1").first).to_be_visible()
    assert console.violations() == []
    page.get_by_role("button", name="Finish").click()
    wait_for(
        lambda: (
            "login" in page.url
            or page.get_by_role("heading", name="Overview").count() > 0
            or page.get_by_role("button", name="Sign in").count() > 0
        ),
        10,
    )
    page.goto(f"{console.url}setup/{token}")
    expect(page.get_by_text("This link is good no more")).to_be_visible()
    context.close()
    assert console.faults == []

    # and mail flows: from another server, and out of the mailbox
    with smtplib.SMTP("127.0.0.1", empty.port("mx"), timeout=10) as sender:
        sender.sendmail("friend@far.test", ["first@example.test"], b"Subject: welcome\r\n\r\nhello\r\n")
    unchecked = ssl._create_unverified_context()
    client = imaplib.IMAP4_SSL("127.0.0.1", empty.port("imaps"), ssl_context=unchecked, timeout=10)
    client.login("first@example.test", PASSWORD)
    client.select("INBOX")
    assert client.search(None, "SUBJECT", "welcome") == ("OK", [b"1"])
    client.logout()
    assert "mail.example.test" in empty.command("certificate", "list")


def test_a_start_makes_a_new_link_and_the_old_one_is_void(chromium: Browser, empty: WholeServer) -> None:
    old = link(empty)
    empty.stop()
    empty.start()
    new = link(empty)
    assert new != old
    context = window(chromium)
    console = Console(empty, context.new_page())
    console.page.goto(f"{console.url}setup/{old}")
    expect(console.page.get_by_text("This link is good no more")).to_be_visible()
    console.page.goto(f"{console.url}setup/{new}")
    console.page.get_by_role("heading", name="Set up Postroom").wait_for()
    context.close()
