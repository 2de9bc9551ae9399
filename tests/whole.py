"""A whole server for a test: a data folder, `postroom serve` as a process of its own on free ports, and the checks at its end.

Every test that had a server ends with the doctor: `WholeServer.stop` fails where the exit was not in order, where the log has an unhandled exception, or
where the stored mail is not consistent.
"""

from __future__ import annotations

import imaplib
import json
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from postroom.cli.opened import run

HOST = "127.0.0.1"
DOMAIN = "example.test"
PASSWORDS = {"admin": "administrator-1", "alice": "alice-password", "bob": "bob-password"}
PORTS = {
    "mx": 25,
    "submissions": 465,
    "submission": 587,
    "pop3": 110,
    "pop3s": 995,
    "imap": 143,
    "imaps": 993,
}
CONSOLE = 8443
_START_DEADLINE = 30.0
_STOP_DEADLINE = 20.0


def free_offset() -> int:
    """A port offset at which every door is free; workers of a parallel test run look in ranges of their own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    for step in range(200):
        offset = 11000 + worker * 9000 + (os.getpid() * 7 + step * 41) % 8000
        if all(_is_free(port + offset) for port in (*PORTS.values(), CONSOLE)):
            return offset
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind((HOST, port))
        except OSError:
            return False
    return True


def postroom(data: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command line, as an administrator runs it."""
    command = [sys.executable, "-m", "postroom", *words, "--data", str(data)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)


class WholeServer:
    """`postroom serve` on one data folder; may be killed and started again."""

    def __init__(self, data: Path, workers: int = 2, log: Path | None = None) -> None:
        self.data = data
        self.workers = workers
        self.offset = free_offset()
        self.log = log or data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def set_up(self) -> None:
        """The server of example.test with its accounts; one process for all of it, since each start costs a second."""
        code = (
            "import sys, json; from pathlib import Path; from postroom.cli.setup import create_server, add_accounts;"
            "from postroom.model.account import Role;"
            "data = Path(sys.argv[1]); people = json.loads(sys.argv[2]);"
            "create_server(data, 'mail.example.test', 'example.test');"
            "add_accounts(data, [(f'{name}@example.test', name.title(),"
            " Role.ADMINISTRATOR if name == 'admin' else Role.USER, password) for name, password in people.items()]);"
            # no question of a test leaves this machine: nobody answers there
            "from postroom.cli.opened import run;"
            "run(data, lambda adapters: adapters.settings.change({'network.dns_servers': ['127.0.0.1:1']}, 'test'))"
        )
        subprocess.run([sys.executable, "-c", code, str(self.data), json.dumps(PASSWORDS)], check=True, timeout=60)

    def start(self) -> None:
        command = [sys.executable, "-m", "postroom", "serve", "--data", str(self.data), "--log-format", "json"]
        command += ["--port-offset", str(self.offset), "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_DEADLINE
        while not self._announced():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _announced(self) -> bool:
        assert self.process is not None
        status = self.data / "run" / "status.json"
        if not status.exists() or json.loads(status.read_bytes())["pid"] != self.process.pid:
            return False
        return b"Serving" in self.log.read_bytes().rpartition(b"settings in force")[2]

    def kill_all(self) -> None:
        """kill -9 of the whole tree at once."""
        assert self.process is not None
        children = [worker["pid"] for kind in ("workers", "console", "indexer") for worker in self.processes()[kind]]
        for pid in [self.process.pid, *children]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(timeout=10)
        self.process = None

    def worker_pids(self) -> list[int]:
        return [worker["pid"] for worker in self.processes()["workers"]]

    def processes(self) -> dict[str, Any]:
        """What the supervisor says of itself."""
        found: dict[str, Any] = json.loads((self.data / "run" / "status.json").read_bytes())
        return found

    def stop(self) -> None:
        """SIGTERM, and everything that must be true then."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=_STOP_DEADLINE) == 0
            self.process = None
        self.check_log()
        self.check_data()

    def check_log(self) -> None:
        lines = self.log.read_text().splitlines()
        wrong = [line[:3000] for line in lines if "Traceback" in line or "exception" in line]
        assert wrong == [], "\n".join(wrong[:3])

    def check_data(self) -> None:
        done = postroom(self.data, "doctor", "--deep")
        assert done.returncode == 0, done.stdout + done.stderr

    def port(self, door: str) -> int:
        return {**PORTS, "console": CONSOLE}[door] + self.offset

    def command(self, *words: str, stdin: str = "") -> str:
        """A command of an administrator that must work; returns what it says."""
        done = postroom(self.data, *words, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def set(self, path: str, value: object) -> None:
        """One setting, in force on every worker on return."""
        before = len(self.log.read_bytes())
        # as the command does it, without the second that a process takes to start
        if not run(self.data, lambda adapters: adapters.settings.change({path: value}, "test"), announce=True):
            return
        deadline = time.monotonic() + 2.0
        while b"settings in force" not in self.log.read_bytes()[before:]:
            assert time.monotonic() < deadline, "a change of settings is live within 2 s"
            time.sleep(0.02)
        time.sleep(0.2)  # the workers have been told at that moment, and read on their own

    def listeners(self) -> list[dict[str, Any]]:
        """What the supervisor says of its listeners, without asking the command line."""
        return list(self.processes()["listeners"])

    def status(self) -> dict[str, Any]:
        """`postroom status`, as a program reads it."""
        done = postroom(self.data, "status", "--json")
        assert done.returncode in (0, 3), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    # clients

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.data / "certificates" / "default.pem"))

    def imap(self, user: str = "alice") -> imaplib.IMAP4_SSL:
        client = imaplib.IMAP4_SSL("localhost", self.port("imaps"), ssl_context=self.context(), timeout=20)
        try:
            client.login(f"{user}@{DOMAIN}", PASSWORDS[user])
        except BaseException:
            client.shutdown()
            raise
        return client

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP(HOST, self.port("mx"), timeout=20)

    def submission(self, user: str = "alice") -> smtplib.SMTP_SSL:
        client = smtplib.SMTP_SSL("localhost", self.port("submissions"), context=self.context(), timeout=20)
        client.login(f"{user}@{DOMAIN}", PASSWORDS[user])
        return client


def messages(client: imaplib.IMAP4, mailbox: str = "INBOX") -> dict[int, bytes]:
    """Every message of a mailbox, whole, by UID."""
    client.select(mailbox, readonly=True)
    _, rows = client.uid("fetch", "1:*", "(UID BODY.PEEK[])")
    found: dict[int, bytes] = {}
    for row in rows:
        if isinstance(row, tuple):
            found[int(row[0].split(b"UID ")[1].split()[0])] = row[1]
    return found


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[WholeServer]:
    """A set-up, started server; checked when the test is through without an error, killed in any case."""
    server = WholeServer(folder / "data", **options)
    server.set_up()
    server.start()
    try:
        yield server
        server.stop()
    finally:
        if server.process is not None:
            server.kill_all()
