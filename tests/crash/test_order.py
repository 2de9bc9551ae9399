"""What a client is told is on the disk before it is told: the order of system calls on every way an acknowledgement goes out (THREATS D4)."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crash.lmtp_server import lmtp_server
from lines import Lines
from whole import DOMAIN, PASSWORDS, WholeServer, running

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("order")]

_TRACED = "write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync,link,linkat,unlink,unlinkat"
_CALL = re.compile(r"(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))\Z")
_MADE_ANEW = ("run.sqlite", "run.sqlite-wal", "-shm")  # who is connected; the index of a log
_PATH = re.compile(r"\d+<(/[^>]*)>")
SMALL = b"Subject: small\r\n\r\nHello\r\n"
LARGE = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 3000


@dataclass
class Call:
    """One system call; `began` and `ended` are line numbers of the trace."""

    name: str
    arguments: str
    began: int
    ended: int = 0
    succeeded: bool = False

    @property
    def path(self) -> str:
        found = _PATH.match(self.arguments)
        return found[1] if found else ""


@dataclass
class Trace:
    """The calls of one process and its threads, in order."""

    calls: list[Call] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> Trace:
        trace = cls()
        open_calls: dict[str, Call] = {}
        for number, line in enumerate(text.splitlines()):
            match = _CALL.match(line)
            if match is None:
                continue
            thread, name, rest, resumed, result = match.groups()
            if resumed is not None:
                call = open_calls.pop(thread, None)
                if call is not None:
                    call.ended, call.succeeded = number, "= -1" not in result
                continue
            call = Call(name, rest, number, number, "= -1" not in rest)
            trace.calls.append(call)
            if rest.endswith("<unfinished ...>"):
                open_calls[thread] = call
        return trace

    def reply(self, start: bytes) -> Call:
        """The write to a socket that has these words."""
        found = [
            call
            for call in self.calls
            if call.name in ("write", "writev", "sendto", "sendmsg")
            and start.decode() in call.arguments
            and not call.path
        ]
        assert len(found) == 1, (start, [call.arguments for call in self.calls][-30:])
        return found[0]

    def unsynced_at(self, moment: int, data: Path) -> dict[str, int]:
        """Files below `data`, written to before and not synced since; what says only who is connected is left out."""
        dirty: dict[str, int] = {}
        for call in self.calls:
            if call.began >= moment or not call.path.startswith(f"{data}/") or call.path.endswith(_MADE_ANEW):
                continue
            if call.name in ("write", "pwrite64", "writev"):
                dirty[call.path] = call.began
            # a write that began while the sync ran may have come too late for it
            elif (
                call.name.endswith("sync")
                and call.succeeded
                and call.ended < moment
                and dirty.get(call.path, moment) < call.began
            ):
                del dirty[call.path]
        return dirty

    def synced(self, moment: int, what: str) -> list[Call]:
        """Syncs that ended before `moment` of files or folders whose path holds `what`."""
        return [
            call
            for call in self.calls
            if call.name in ("fsync", "fdatasync") and call.ended < moment and call.succeeded and what in call.path
        ]


@contextmanager
def traced(pid: int, folder: Path) -> Iterator[Callable[[], Trace]]:
    """While it lasts, the process is traced; what is given reads the trace, complete up to the last answer."""
    output = folder / f"trace-{time.monotonic_ns()}"
    command = ["strace", "-f", "-y", "-s", "600", "-e", f"trace={_TRACED}", "-e", "signal=none"]
    tracer = subprocess.Popen([*command, "-o", str(output), "-p", str(pid)], stderr=subprocess.PIPE)
    try:
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        assert b"attached" in first, first

        def read() -> Trace:
            tracer.terminate()
            tracer.wait(20)
            return Trace.read(output.read_text(errors="replace"))

        yield read
    finally:
        if tracer.poll() is None:
            tracer.kill()
        tracer.wait(20)
        if tracer.stderr is not None:
            tracer.stderr.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("order"), workers=1) as one:
        one.set("imap_pop3.prohibit_plaintext", False)
        yield one


def proved(server: WholeServer, trace: Trace, reply: bytes, log: str) -> Call:
    """Nothing that was written before the reply is unsynced, and the log of the database was synced."""
    said = trace.reply(reply)
    assert trace.unsynced_at(said.began, server.data) == {}
    assert trace.synced(said.began, log), f"no sync of {log} before {reply!r}"
    return said


def in_transaction(server: WholeServer, recipient: str) -> Lines:
    client = Lines(server.port("mx"))
    client.line()
    client.send("EHLO client.test")
    client.until("250 ")
    assert client.ask("MAIL FROM:<x@remote.test>").startswith(b"250")
    assert client.ask(f"RCPT TO:<{recipient}@{DOMAIN}>").startswith(b"250")
    return client


def logged_in(server: WholeServer, door: str = "imap") -> Lines:
    client = Lines(server.port(door))
    client.line()
    if door == "imap":
        client.ask(f"l LOGIN alice@{DOMAIN} {PASSWORDS['alice']}", "l OK")
    else:
        assert client.ask(f"USER alice@{DOMAIN}").startswith(b"+OK")
        assert client.ask(f"PASS {PASSWORDS['alice']}").startswith(b"+OK")
    return client


@pytest.mark.parametrize("message", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("verb", ["DATA", "BDAT"])
def test_smtp(server: WholeServer, tmp_path: Path, verb: str, message: bytes) -> None:
    worker = server.worker_pids()[0]
    with in_transaction(server, "alice") as client, traced(worker, tmp_path) as read:
        if verb == "DATA":
            assert client.ask("DATA").startswith(b"354")
            answer = client.ask(message + b".")
        else:
            client.send(b"BDAT %d LAST" % len(message) + b"\r\n" + message[:-2])
            answer = client.line()
        assert answer.startswith(b"250 2.0.0"), answer
        trace = read()
    said = proved(server, trace, b"250 2.0.0", "mail.sqlite-wal")
    if message is LARGE:
        in_order(trace, said)


def in_order(trace: Trace, said: Call) -> None:
    """Large content: the file, its name, its folder, and only then the row that names it."""
    (link,) = [call for call in trace.calls if call.name in ("link", "linkat")]
    file = trace.synced(link.began, "/staging/")
    folders = [call for call in trace.synced(said.began, "/content") if call.began > link.ended]
    rows = [call for call in trace.calls if call.name == "pwrite64" and call.path.endswith("mail.sqlite-wal")]
    assert file and folders and rows
    first_folder = min(call.ended for call in folders)
    assert first_folder < max(call.began for call in trace.synced(said.began, "mail.sqlite-wal"))
    assert all(call.began > first_folder for call in rows), "a row was written before the name was durable"


@pytest.mark.parametrize("messages", [[SMALL], [LARGE], [SMALL, SMALL]], ids=["small", "large", "several"])
def test_append(server: WholeServer, tmp_path: Path, messages: list[bytes]) -> None:
    with logged_in(server) as client:
        if b"MULTIAPPEND" not in client.ask("c CAPABILITY"):
            messages = messages[:1]
        with traced(server.worker_pids()[0], tmp_path) as read:
            literals = b" ".join(b"{%d+}\r\n%b" % (len(message), message) for message in messages)
            client.ask(b"a APPEND INBOX " + literals, "a OK")
            trace = read()
    said = proved(server, trace, b"a OK", "mail.sqlite-wal")
    if messages == [LARGE]:
        in_order(trace, said)


@pytest.mark.parametrize("command", ["COPY 1 Archive", "MOVE 1 Archive", "UID MOVE 1:* Archive", "EXPUNGE"])
def test_changes(server: WholeServer, tmp_path: Path, command: str) -> None:
    with logged_in(server) as client:
        for _ in range(2):
            client.ask(b"n APPEND INBOX (\\Deleted) {%d+}\r\n%b" % (len(SMALL), SMALL), "n OK")
        client.send("m CREATE Archive")
        client.until("m ")
        client.ask("s SELECT INBOX", "s OK")
        with traced(server.worker_pids()[0], tmp_path) as read:
            client.ask(f"a {command}", "a OK")
            trace = read()
    proved(server, trace, b"a OK", "mail.sqlite-wal")


def test_pop3_quit(server: WholeServer, tmp_path: Path) -> None:
    with logged_in(server) as client:
        client.ask(b"n APPEND INBOX {%d+}\r\n%b" % (len(SMALL), SMALL), "n OK")
    with logged_in(server, "pop3") as client, traced(server.worker_pids()[0], tmp_path) as read:
        assert client.ask("DELE 1").startswith(b"+OK")
        assert client.ask("QUIT").startswith(b"+OK")
        trace = read()
    replies = [call for call in trace.calls if '"+OK' in call.arguments and not call.path]
    assert len(replies) == 2
    assert trace.unsynced_at(replies[1].began, server.data) == {}
    assert trace.synced(replies[1].began, "mail.sqlite-wal")


def test_lmtp(tmp_path: Path) -> None:
    with lmtp_server(tmp_path / "data") as (process, port), Lines(port) as client:
        client.line()
        client.send("LHLO client.test")
        client.until("250 ")
        for command in ("MAIL FROM:<x@remote.test>", "RCPT TO:<alice@example.test>", "RCPT TO:<bob@example.test>"):
            assert client.ask(command).startswith(b"250")
        assert client.ask("DATA").startswith(b"354")
        with traced(process.pid, tmp_path) as read:
            client.send(SMALL + b".")
            answers = client.line(), client.line()
            assert all(answer.startswith(b"250 2.0.0") for answer in answers), answers
            trace = read()
    said = next(call for call in trace.calls if "250 2.0.0" in call.arguments and not call.path)
    assert trace.unsynced_at(said.began, tmp_path / "data") == {}
    assert len({call.path for call in trace.synced(said.began, "mail.sqlite-wal")}) == 2


def test_a_trace_that_breaks_the_order_is_seen(tmp_path: Path) -> None:
    """The proof can fail: a write after the sync, a sync that ended too late, one that failed."""
    log = tmp_path / "accounts" / "mail.sqlite-wal"
    write, sync = f"1 pwrite64(5<{log}>, ..., 24, 0) = 24", f"1 fdatasync(5<{log}>) = 0"
    reply = '1 write(9<socket:[1]>, "250 2.0.0 ok", 12) = 12'
    begun, ended = f"2 fdatasync(5<{log}> <unfinished ...>", "2 <... fdatasync resumed>) = 0"

    def unsynced(*lines: str) -> bool:
        trace = Trace.read("\n".join(lines))
        return bool(trace.unsynced_at(trace.reply(b"250 2.0.0").began, tmp_path))

    assert not unsynced(write, sync, reply)
    assert not unsynced(write, begun, ended, reply)
    assert unsynced(write, sync, write, reply)
    assert unsynced(write, reply, sync)
    assert unsynced(write, begun, reply, ended)
    assert unsynced(begun, write, ended, reply)
    assert unsynced(write, f"1 fdatasync(5<{log}>) = -1 EIO (Input/output error)", reply)
