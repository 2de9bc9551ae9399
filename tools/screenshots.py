"""Pictures of every page of the console for docs/screenshots/, of a demonstration server with some life in it: `make screenshots` (needs Debian's chromium).

Each page at 1440, 768 and 390 px in light, and at 1440 px in dark; the colours of each picture are reduced, so that they stay small.
"""

from __future__ import annotations

import imaplib
import io
import json
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
OFFSET = 23_000
HTTPS = f"https://localhost:{8443 + OFFSET}/console/"
WIDTHS = (1440, 768, 390)
_COLOURS = 128
PAGES = {
    "overview": "",
    "protocol-smtp": "service/protocol/smtp",
    "protocol-network": "service/protocol/network",
    "protocol-imap-pop3": "service/protocol/imap_pop3",
    "protocol-search": "service/protocol/search",
    "protocol-checks": "service/protocol/checks",
    "domains": "domains",
    "domain-members": "domains/example.test/members",
    "domain-dns": "domains/example.test/dns",
    "domain-settings": "domains/example.test/settings",
    "users": "accounts/users",
    "user": "accounts/users/2",
    "groups": "accounts/groups",
    "import": "accounts/import",
    "tls": "security/tls",
    "certificates": "security/certificates",
    "lock-outs": "security/lockouts",
    "tokens": "security/tokens",
    "queue": "queue",
    "connections": "connections",
    "audit": "audit",
    "backup": "backup",
    "branding": "branding",
    "account": "account",
    "about": "about",
}


@dataclass(frozen=True, slots=True)
class Demo:
    data: Path
    passwords: dict[str, str]

    def run(self, *words: str, stdin: str = "") -> None:
        command = [sys.executable, "-m", "postroom", *words, "--data", str(self.data)]
        subprocess.run(command, input=stdin, text=True, check=True, capture_output=True)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demonstration() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme, widths in (("light", WIDTHS), ("dark", WIDTHS[:1])):
            for name, path, width, picture in pictures(browser, demo, scheme, widths):
                keep(picture, FOLDER / f"{name}-{width}-{scheme}.png")
                print(f"{name} {width} {scheme} {path}", flush=True)
        browser.close()
    return 0


@contextmanager
def demonstration() -> Iterator[Demo]:
    """A server with accounts, a group, mail that waits, somebody who is connected, and one who guesses."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "postroom", "demo", "--data", str(data), "--port-offset", str(OFFSET)]
        log = (Path(folder) / "log").open("wb")
        running = subprocess.Popen([*command, "--workers", "2"], stdout=log, stderr=log)
        try:
            status = data / "run" / "status.json"
            while not (data / "demo-passwords.json").exists() or not status.exists():
                time.sleep(0.2)
            time.sleep(3)
            demo = Demo(data, json.loads((data / "demo-passwords.json").read_text("utf-8")))
            client = fill(demo)
            yield demo
            client.logout()
        finally:
            running.terminate()
            running.wait(30)


def fill(demo: Demo) -> imaplib.IMAP4_SSL:
    """Returns the connection of somebody who stays."""
    people = {"carol": "Carol", "dana": "Dana", "hana": "花子", "minjun": "민준", "wei": "王伟"}
    for name, shown in people.items():
        words = ("account", "add", f"{name}@example.test", "--name", shown, "--password-stdin")
        demo.run(*words, stdin="a long password\n")
    demo.run("account", "set-quota", "alice@example.test", "2G")
    demo.run("account", "disable", "dana@example.test")
    demo.run("alias", "add", "postmaster@example.test", "admin@example.test")
    unchecked = ssl._create_unverified_context()
    alice = "alice@example.test"
    with smtplib.SMTP_SSL("localhost", 465 + OFFSET, context=unchecked) as sender:
        sender.login(alice, demo.passwords[alice])
        for number in range(4):
            subject = f"Subject: Minutes of meeting {number + 1}\r\n\r\nAttached.\r\n".encode()
            sender.sendmail(alice, [f"office@partner{number}.test"], subject)
    with smtplib.SMTP("localhost", 25 + OFFSET) as sender:
        for number in range(9):
            text = f"From: friend@elsewhere.test\r\nSubject: Hello {number}\r\n\r\nHello\r\n".encode()
            sender.sendmail("friend@elsewhere.test", [alice], text)
    client = imaplib.IMAP4_SSL("localhost", 993 + OFFSET, ssl_context=unchecked)
    client.login(alice, demo.passwords[alice])
    return client


def pictures(
    browser: Browser, demo: Demo, scheme: str, widths: tuple[int, ...]
) -> Iterator[tuple[str, str, int, bytes]]:
    context = browser.new_context(
        ignore_https_errors=True,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        viewport={"width": widths[0], "height": 900},
    )
    page = context.new_page()
    page.goto(HTTPS)
    page.get_by_role("heading", level=1).wait_for()
    yield from seen(page, "login", "", widths)
    page.get_by_label("Address or user name").fill("admin@example.test")
    page.get_by_label("Password").fill(demo.passwords["admin@example.test"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()
    for name, path in PAGES.items():
        page.goto(HTTPS + path)
        page.get_by_role("heading", level=1).first.wait_for()
        page.wait_for_load_state("networkidle")
        yield from seen(page, name, path, widths)
    context.close()


def seen(page: Page, name: str, path: str, widths: tuple[int, ...]) -> Iterator[tuple[str, str, int, bytes]]:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        yield name, path, width, page.screenshot(full_page=True)


def keep(picture: bytes, path: Path) -> None:
    reduced = Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    reduced.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
