"""A whole server and a real browser (Debian's Chromium) on its console."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect, sync_playwright

from house.tree import ROOT
from whole import PASSWORDS, WholeServer

expect.set_options(timeout=20_000)  # a machine with two cores that runs other tests beside this one
CHROMIUM = "/usr/bin/chromium"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# of the browser's own console: a login that is not there yet is asked for, and the certificate is self-signed
_EXPECTED = ("status of 401", "status of 409", "status of 422", "net::ERR_CERT", "status of 404")


@dataclass
class Console:
    """One browser window; `faults` are what the page or the server did wrong."""

    server: WholeServer
    page: Page
    faults: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server.port('console')}/console/"

    def open(self, path: str = "") -> Page:
        self.page.goto(self.url + path)
        self.page.get_by_role("heading", level=1).first.wait_for()
        return self.page

    def log_in(self, name: str = "admin", password: str = "") -> None:
        self.page.goto(self.url)
        self.page.get_by_label("Address or user name").fill(f"{name}@example.test")
        self.page.get_by_label("Password").fill(password or PASSWORDS[name])
        self.page.get_by_role("button", name="Sign in").click()

    def save(self) -> None:
        """The form as a whole; returns when it is in force."""
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.get_by_role("button", name="Undo").wait_for()

    def violations(self) -> list[str]:
        """What axe finds wrong on the page as it is."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("(rules) => axe.run(document, {runOnly: rules})", _RULES)
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {', '.join(node['target'][0] for node in one['nodes'][:3])}"
            for one in found["violations"]
        ]

    def watch(self) -> None:
        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(word in message.text for word in _EXPECTED):
                self.faults.append(message.text[:500])

        def answered(response: Response) -> None:
            if response.status >= 500:
                self.faults.append(f"{response.status} {response.url}")

        self.page.on("console", said)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)[:500]))
        self.page.on("response", answered)


@pytest.fixture(
    scope="module"
)  # while it is there the thread has a running loop, which tests of other modules could not bear
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    made = WholeServer(tmp_path_factory.mktemp("console") / "data", workers=1)
    made.set_up()
    made.start()
    yield made
    made.stop()


def window(chromium: Browser, **words: Any) -> BrowserContext:
    context = chromium.new_context(
        ignore_https_errors=True,
        reduced_motion="reduce",
        bypass_csp=True,
        viewport=words.pop("viewport", {"width": 1440, "height": 900}),
        **words,
    )
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def console(chromium: Browser, server: WholeServer) -> Iterator[Console]:
    """Logged in as the administrator; ends with nothing wrong on the way."""
    context = window(chromium)
    found = Console(server, context.new_page())
    found.watch()
    found.log_in()
    found.page.get_by_role("heading", name="Overview").wait_for()
    yield found
    context.close()
    assert found.faults == []
