"""Every page of the console: it opens without a fault, axe finds nothing, it fits 390 px, and speaks four languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from browser.conftest import Console, window
from whole import WholeServer

PAGES = (
    "",
    "service/protocol/smtp",
    "service/protocol/network",
    "service/protocol/imap_pop3",
    "service/protocol/search",
    "service/protocol/relay",
    "service/protocol/sending",
    "service/protocol/checks",
    "service/protocol/limits",
    "service/protocol/console",
    "domains",
    "domains/example.test",
    "domains/example.test/aliases",
    "domains/example.test/dns",
    "domains/example.test/keys",
    "domains/example.test/settings",
    "accounts/users",
    "accounts/users/1",
    "accounts/groups",
    "accounts/import",
    "security/tls",
    "security/certificates",
    "security/lockouts",
    "security/tokens",
    "queue",
    "connections",
    "audit",
    "backup",
    "branding",
    "about",
    "account",
)
LANGUAGES = {"en": "Overview", "zh-CN": "概览", "ja": "概要", "ko": "개요"}


def settle(console: Console, path: str) -> None:
    console.open(path)
    console.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wrong_for_those_who_do_not_see_it(console: Console, path: str) -> None:
    settle(console, path)
    console.page.wait_for_timeout(200)
    assert console.violations() == []
    console.page.emulate_media(color_scheme="dark")
    console.page.wait_for_timeout(400)  # colours change smoothly
    assert console.violations() == []


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_is_wider_than_the_window(console: Console, width: int) -> None:
    console.page.set_viewport_size({"width": width, "height": 900})
    wide = []
    for path in PAGES:
        settle(console, path)
        found = console.page.evaluate("document.documentElement.scrollWidth")
        if found > width:
            wide.append((path, found))
    assert wide == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(chromium: Browser, server: WholeServer, language: str) -> None:
    context = window(chromium, locale=language)
    console = Console(server, context.new_page())
    console.watch()
    page = console.page
    page.goto(console.url)
    page.locator("input").first.fill("admin@example.test")
    page.locator("input[type=password]").fill("admin-password")
    page.locator("button[type=submit]").click()
    page.get_by_role("heading", level=1).wait_for()
    assert page.locator("html").get_attribute("lang") == language
    for path in PAGES:
        settle(console, path)
        text = page.locator("body").inner_text()
        assert "{{" not in text and "undefined" not in text and "NaN" not in text, path
    context.close()
    assert console.faults == []


def test_the_keyboard_reaches_everything(console: Console) -> None:
    """From the top of a page: first a way to skip the navigation, then each place of it, then the page."""
    console.open("accounts/users")
    page = console.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("(document.activeElement.textContent || document.activeElement.placeholder || '').trim()")
        )
    assert {"Overview", "Queue", "Add user", "admin@example.test"} <= seen
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none" or page.evaluate("getComputedStyle(document.activeElement).boxShadow") != "none"


def test_without_a_login_no_page_shows_anything(chromium: Browser, server: WholeServer) -> None:
    context = window(chromium)
    console = Console(server, context.new_page())
    for path in ("queue", "accounts/users", "security/tokens"):
        console.page.goto(console.url + path)
        console.page.get_by_role("button", name="Sign in").wait_for()
    context.close()
