"""Runs real mail programs against a whole server: each in a home folder of its own, verifying our certificate, none touching anything of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from whole import DOMAIN, PASSWORDS, WholeServer


@dataclass(frozen=True)
class Desk:
    """One user's programs: alice, at localhost, with the server's certificate."""

    server: WholeServer
    home: Path

    @property
    def user(self) -> str:
        return f"alice@{DOMAIN}"

    @property
    def password(self) -> str:
        return PASSWORDS["alice"]

    @property
    def certificate(self) -> str:
        return str(self.server.data / "certificates" / "default.pem")

    def port(self, door: str) -> int:
        return self.server.port(door)

    def file(self, name: str, text: str, mode: int = 0o600) -> str:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def run(self, *command: str, stdin: str = "", good: tuple[int, ...] = (0,)) -> str:
        """Run a program; its output. Fails the test with that output when its status is not good."""
        if shutil.which(command[0]) is None:
            pytest.fail(f"{command[0]} is missing; `make test` installs it, or see tools/debian_packages.py")
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            env=environment,
            cwd=self.home,
            errors="replace",
        )
        assert done.returncode in good, f"{command}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def subjects(self, mailbox: str = "INBOX") -> list[str]:
        """What the server really holds, read apart from the program under test."""
        client = self.server.imap()
        client.select(mailbox, readonly=True)
        _, rows = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        client.logout()
        return [row[1].decode().strip().removeprefix("Subject: ") for row in rows if isinstance(row, tuple)]

    def deliver(self, subject: str, text: str = "hello") -> None:
        """A message that is there before the program looks."""
        with self.server.smtp() as client:
            message = f"From: out@remote.test\r\nTo: {self.user}\r\nSubject: {subject}\r\n\r\n{text}\r\n"
            client.sendmail("out@remote.test", [self.user], message.encode())
