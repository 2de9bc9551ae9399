"""The configuration files printed in docs/guide/, run as printed but for names, ports and the certificate."""

from __future__ import annotations

import re
from pathlib import Path

from interop.programs import Desk
from whole import DOMAIN, PASSWORDS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"


def printed(page: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", (GUIDE / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def here(desk: Desk, text: str) -> str:
    text = (
        text.replace("mail.example.test", "localhost")
        .replace("old.example.test", "localhost")
        .replace("~", str(desk.home))
    )
    for door, port in (("imaps", 993), ("submissions", 465)):
        text = re.sub(rf"(?<=[ :]){port}\b", str(desk.port(door)), text)
    return text


def test_moving_in(desk: Desk) -> None:
    client = desk.server.imap("alice")
    client.create("Projects/2020")
    client.append("Projects/2020", r"(\Flagged \Seen)", '"01-Jan-2020 10:00:00 +0000"', b"Subject: plan\r\n\r\nx\r\n")
    client.logout()
    desk.file("old-password", PASSWORDS["alice"] + "\n")
    desk.file("new-password", PASSWORDS["bob"] + "\n")
    (desk.home / "moving-state").mkdir()
    text = here(desk, printed("moving-in.md", "mbsyncrc"))
    old, new = text.split("IMAPAccount new")
    new = "IMAPAccount new" + new.replace("alice@", "bob@", 1)
    text = (old + new).replace("SSLType IMAPS", f"SSLType IMAPS\nCertificateFile {desk.certificate}")
    configuration = desk.file("moving.rc", text)
    for _ in range(2):
        desk.run("mbsync", "-c", configuration, "-a")
    client = desk.server.imap("bob")
    client.select("Projects/2020", readonly=True)
    rows = client.fetch("1:*", "(FLAGS INTERNALDATE)")[1]
    client.logout()
    assert len(rows) == 1 and isinstance(rows[0], bytes)
    assert b"\\Flagged" in rows[0] and b"\\Seen" in rows[0] and b"01-Jan-2020 10:00:00 +0000" in rows[0]


def test_mbsync(desk: Desk) -> None:
    desk.deliver("to the Maildir")
    desk.file(".mail-password", desk.password + "\n")
    desk.file(".mail-certificates", Path(desk.certificate).read_text())
    (desk.home / "mail").mkdir(exist_ok=True)
    desk.run("mbsync", "-c", desk.file("guide.mbsyncrc", here(desk, printed("mail-programs.md", "mbsyncrc"))), "-a")
    found = [path.read_text() for path in (desk.home / "mail" / "INBOX").rglob("*") if path.is_file()]
    assert any("to the Maildir" in text for text in found)


def test_mutt(desk: Desk) -> None:
    desk.file(".mail-password", desk.password + "\n")
    desk.file(".mail-certificates", Path(desk.certificate).read_text())
    configuration = desk.file("guide.muttrc", here(desk, printed("mail-programs.md", "muttrc")))
    desk.run("mutt", "-n", "-F", configuration, "-s", "by mutt", f"bob@{DOMAIN}", stdin="hello\n")
    assert "by mutt" in desk.subjects("Sent")
    client = desk.server.imap("bob")
    client.select("INBOX", readonly=True)
    assert client.search(None, "SUBJECT", '"by mutt"')[1] != [b""]
    client.logout()
