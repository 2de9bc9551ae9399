"""`postroom demo`: a server to try, with accounts and sample mail, on ports that need no root. `make run` is this."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from postroom.cli.root import data_option
from postroom.cli.serve import start
from postroom.cli.setup import add_accounts, create_server
from postroom.model.account import Role
from postroom.settings.security import CONSOLE

if TYPE_CHECKING:
    from postroom.app import Adapters

_DOMAIN = "example.test"
_HOST = "mail.example.test"
_PEOPLE = (
    ("admin@example.test", "Administrator", Role.ADMINISTRATOR),
    ("alice@example.test", "Alice", Role.USER),
    ("bob@example.test", "Bob", Role.USER),
)
_PASSWORDS = "demo-passwords.json"
_SAMPLES = (
    (
        "bob@example.test",
        "alice@example.test",
        "Welcome to Postroom",
        "Hello Alice,\n\nthis message came through the same entrance as any other.\nAnswer it: Bob has an account here too.\n\nBob",
    ),
    (
        "alice@example.test",
        "bob@example.test",
        "Lunch on Friday?",
        "Hello Bob,\n\nthe place by the river, half past twelve?\n\nAlice",
    ),
    (
        "bob@example.test",
        "alice@example.test",
        "日本語のお知らせ · 中文通知 · 한국어 안내",
        "検索はどの文字でも。\n任何文字都能搜索。\n어떤 문자로도 검색됩니다.\n\nBob",
    ),
)


@click.command()
@data_option
@click.option(
    "--port-offset", type=click.IntRange(0, 60000), default=10000, show_default=True, help="Added to every port."
)
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Worker processes.  [default: one per core]")
def demo(data: Path, port_offset: int, workers: int | None) -> None:
    """Set up (once) and run a demonstration server for example.test."""
    from postroom.app import DataFolder
    from postroom.cli.opened import run

    if not DataFolder(data).database.exists():
        click.echo(f"Setting up a demonstration server in {data} ...")
        create_server(data, _HOST, _DOMAIN)
        passwords = {address: secrets.token_urlsafe(9) for address, _, _ in _PEOPLE}
        add_accounts(data, [(address, name, role, passwords[address]) for address, name, role in _PEOPLE])
        run(data, _fill)
        # a demonstration writes to nobody: what is sent to the world waits in the queue
        run(data, lambda adapters: adapters.settings.change({"relay.enabled": False}, "demo"))
        path = data / _PASSWORDS
        path.touch(mode=0o600)
        path.write_text(json.dumps(passwords, indent=2) + "\n", encoding="utf-8")
    start(data, port_offset, workers, None, lambda listeners: _introduce(data, listeners))


async def _fill(adapters: Adapters) -> None:
    """Sample mail, through the store's one entrance."""
    from postroom.message.compose import PlainMessage, mailbox
    from postroom.message.summary import summarise
    from postroom.model.address import parse_address
    from postroom.model.email import Arrival, Source
    from postroom.model.mailbox import MailboxRole

    for number, (sender, recipient, subject, text) in enumerate(_SAMPLES, 1):
        now = adapters.clock.now()
        name = sender.partition("@")[0].title()
        message = PlainMessage(
            mailbox(sender, name), (recipient,), subject, text, now, f"sample-{number}-{now}@{_HOST}"
        ).to_bytes()
        staged = adapters.staging.start()
        staged.write(message)
        content = await staged.finish()
        target = (await adapters.directory.route(parse_address(recipient)))[0].account_id
        inbox = await adapters.store.mailbox_with_role(target, MailboxRole.INBOX) if target is not None else None
        if target is not None and inbox is not None:
            arrival = Arrival(inbox.mailbox_id, content, summarise(message), now, Source.SETUP)
            await adapters.store.append(target, [arrival])


def _introduce(data: Path, listeners: list[dict[str, Any]]) -> None:
    """What a newcomer needs: where, who, and what to try."""
    path = data / _PASSWORDS
    passwords = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ports = {item["door"]: item["port"] for item in listeners if item["open"]}
    lines = ["", "Postroom is running. Mail programs connect to localhost:", ""]
    for title, doors in (
        ("Read mail", ("imaps", "imap", "pop3s", "pop3")),
        ("Send mail", ("submissions", "submission")),
        ("From other servers", ("mx",)),
    ):
        shown = ", ".join(f"{_NAMES[door]} {ports[door]}" for door in doors if door in ports)
        lines.append(f"  {title:<20}{shown or 'no port is open: see above'}")
    if CONSOLE in ports:
        lines.append(f"  {'Administer':<20}https://localhost:{ports[CONSOLE]}/ as admin@{_DOMAIN}")
    lines += ["", "  Account               Password"]
    lines += [f"  {address:<22}{password}" for address, password in passwords.items()]
    lines += [
        "",
        "Try, in another terminal:",
        f"  curl --insecure --user alice@{_DOMAIN} imaps://localhost:{ports.get('imaps', 0)}/INBOX -X 'FETCH 1:* (FLAGS ENVELOPE)'",
        f"  .venv/bin/postroom status --data {data}",
        f"  .venv/bin/postroom queue list --data {data}   # mail to the world waits here, a demonstration sends none",
        "",
        f"The certificate is self-signed: {data}/certificates/default.pem. Ctrl-C stops the server.",
        "",
    ]
    for item in listeners:
        if not item["open"]:
            lines.append(f"Not open: {item['door']} on {item['address']} port {item['port']}: {item['error']}")
    click.echo("\n".join(lines))


_NAMES = {
    "imaps": "IMAP with TLS on port",
    "imap": "IMAP with STARTTLS on",
    "pop3s": "POP3 with TLS on",
    "pop3": "POP3 with STLS on",
    "submissions": "SMTP with TLS on port",
    "submission": "SMTP with STARTTLS on",
    "mx": "SMTP on port",
}
