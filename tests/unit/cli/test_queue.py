"""`postroom queue`: what an operator sees of the queue and does to it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from postroom.app import Adapters
from postroom.cli.opened import run
from postroom.cli.setup import create_server
from postroom.model.address import parse_address
from postroom.model.email import Content
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.ids import BlobId
from postroom.model.relaying.queue import Attempt, Settlement
from postroom.model.relaying.relay import Progress, Report

MESSAGE = b"From: bob@example.test\r\nSubject: \x1b[2J waits\r\n\r\nhello\r\n"
TRACE = b"Received: here\r\n"
BUSY = Report(Progress.DEFERRED, "4.2.1", "450 4.2.1 busy", "mx.far.test [192.0.2.1]", tls="TLSv1.3")


async def fill(adapters: Adapters) -> None:
    content = Content(BlobId(hashlib.sha256(MESSAGE).digest()), len(MESSAGE), MESSAGE, None)
    bob = parse_address("bob@example.test")
    for sender, names in ((bob, ("a@far.test", "b@far.test")), (None, ("c@other.test",))):
        recipients = tuple(EnvelopeRecipient(parse_address(name)) for name in names)
        items = await adapters.queue.enqueue(Envelope(sender, recipients), content, TRACE)
    now = adapters.clock.now()
    first = (await adapters.queue.items())[0]
    await adapters.queue.settle([Settlement(first.queue_id, now + 7200, Attempt(now, BUSY))])
    assert items


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    create_server(folder, "mail.example.test", "example.test")
    run(folder, fill)
    return folder


@pytest.fixture
def queue(data: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def command(*words: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "postroom", "queue", *map(str, words), "--data", str(data)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return command


def test_the_list_and_one_of_it(queue: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    shown = queue("list").stdout
    assert "Queue (3)" in shown
    assert "450 4.2.1 busy" in shown
    assert "in 1 h 59 min" in shown or "in 2 h" in shown
    found = json.loads(queue("list", "--recipient", "far.test", "--json").stdout)
    assert [item["recipient"] for item in found] == ["a@far.test", "b@far.test"]
    assert [item["recipient"] for item in json.loads(queue("list", "--sender", "<>", "--json").stdout)] == [
        "c@other.test"
    ]
    number = found[0]["number"]
    shown = queue("show", number).stdout
    assert "mx.far.test [192.0.2.1]" in shown
    assert "b@far.test" in shown, "the other recipient of the message"
    assert "\x1b" not in shown, "a terminal would obey it"
    (attempt,) = json.loads(queue("show", number, "--json").stdout)["attempts"]
    assert (attempt["progress"], attempt["status"]) == ("deferred", "4.2.1")
    assert queue("show", number, "--message").stdout.encode() == (TRACE + MESSAGE).replace(b"\r\n", b"\n")


def test_hold_release_retry_delete(queue: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    def states() -> list[tuple[str, bool, int]]:
        found = json.loads(queue("list", "--json").stdout)
        return [(item["recipient"], item["held"], item["next_attempt_at"]) for item in found]

    assert queue("hold", "--recipient", "far.test").stdout == "Held: 2.\n"
    assert [held for _, held, _ in states()] == [True, True, False]
    assert "Nothing changed" in queue("hold", "--recipient", "far.test", status=1).stdout
    assert queue("release", "--sender", "bob@example.test").stdout == "Released: 2.\n"
    before = states()[0][2]
    assert queue("retry", "--recipient", "A@FAR.test").stdout == "Due now: 1.\n"
    assert states()[0][2] < before
    queue("delete", "--all", status=1)
    assert len(states()) == 3, "it asks first"
    assert queue("delete", "--all", "--yes").stdout == "Deleted: 3.\n"
    assert states() == []
    assert "Nothing waits." in queue("list").stdout


@pytest.mark.parametrize(
    "words", [["hold"], ["hold", "--all", "1"], ["delete", "0"], ["show", "99"], ["show", "x"], ["retry", "-1"]]
)
def test_what_names_nothing_changes_nothing(
    queue: Callable[..., subprocess.CompletedProcess[str]], words: list[str]
) -> None:
    done = queue(*words, status=2)
    assert done.stderr.startswith("postroom: ")
    assert len(done.stderr.splitlines()) == 1
