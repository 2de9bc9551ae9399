"""Mail leaves for other servers: relayed, refused, delayed, held, reported; with a whole server, a real DNS and a real SMTP dialogue."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from far_servers import FarServers, Received, Sink, far_servers, running_beside
from postroom.app import Adapters
from postroom.cli.opened import run
from whole import WholeServer, messages

ZONE: dict[str, Any] = {
    "far.test": {"MX": ["10 mx.far.test"]},
    "mx.far.test": {"A": ["127.0.0.1"]},
    "address.test": {"A": ["127.0.0.1"]},
    "dead.test": {"MX": ["10 mx.dead.test"]},
    "mx.dead.test": {"A": ["127.0.0.9"]},
    "null.test": {"MX": ["0 ."]},
    "broken.test": "SERVFAIL",
}
MESSAGE = "From: alice@example.test\r\nTo: friend@far.test\r\nBcc: hidden@far.test\r\nSubject: Grüße\r\n\r\n.dots\r\n..more\r\n"
DEADLINE = 20.0

pytestmark = pytest.mark.xdist_group("relay")


class House:
    """A server, and the others that it reaches."""

    def __init__(self, server: WholeServer, far: FarServers) -> None:
        self.server = server
        self.far = far
        self.sink = far.sink

    def submit(self, *recipients: str, options: tuple[str, ...] = (), rcpt: tuple[str, ...] = ()) -> None:
        client = self.server.submission()
        client.ehlo()
        client.mail("alice@example.test", ["body=8bitmime", *options])
        for recipient in recipients:
            assert client.rcpt(recipient, rcpt)[0] == 250
        assert client.data(MESSAGE.encode())[0] == 250
        client.quit()

    def waiting(self) -> dict[str, dict[str, Any]]:
        found = json.loads(self.server.command("queue", "list", "--json"))
        return {item["recipient"]: item for item in found}

    def inbox(self, user: str = "alice") -> list[bytes]:
        client = self.server.imap(user)
        found = list(messages(client).values())
        client.logout()
        return found

    def report(self, count: int = 1) -> Message:
        """The newest of so many reports in alice's mailbox."""
        found = until(
            lambda: [raw for raw in self.inbox() if b"multipart/report" in raw], lambda raws: len(raws) >= count
        )
        assert len(found) == count
        return message_from_bytes(found[-1])

    def age(self, hours: int) -> None:
        """Everything in the queue came so much earlier, and is due."""

        async def work(adapters: Adapters) -> None:
            await adapters.database.write(
                lambda transaction: [
                    transaction.execute("UPDATE queue_message SET queued_at = queued_at - ?", (hours * 3600,)),
                    transaction.execute("UPDATE queue_recipient SET next_attempt_at = 0"),
                ]
            )

        run(self.server.data, work)


def until(look: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + DEADLINE
    while not holds(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def status(report: Message, number: int = 1) -> dict[str, str]:
    """The per-recipient fields."""
    part = report.get_payload()[1]  # type: ignore[index]
    group = part.get_payload()[number]  # type: ignore[union-attr,index]
    return dict(group.items())  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def far() -> Iterator[FarServers]:
    with far_servers(ZONE) as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, far: FarServers) -> Iterator[WholeServer]:
    with running_beside(far, tmp_path_factory.mktemp("relay"), {"relay.tls_reports": False}) as started:
        yield started


@pytest.fixture
def house(server: WholeServer, far: FarServers) -> House:
    until(lambda: far.sink.open, lambda count: count == 0)  # the next conversation hears what this test offers
    fresh = Sink()
    far.sink.answer, far.sink.keywords = fresh.answer, fresh.keywords
    far.sink.content_reply, far.sink.gate = fresh.content_reply, None
    far.sink.received.clear()
    if json.loads(server.command("queue", "list", "--json")):
        server.command("queue", "delete", "--all", "--yes")
    client = server.imap()
    client.select("INBOX")
    client.store("1:*", "+FLAGS", r"\Deleted")
    client.expunge()
    client.logout()
    return House(server, far)


def test_a_submitted_message_reaches_the_other_server_whole(house: House) -> None:
    house.submit("friend@far.test", "other@far.test", "third@address.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 3)
    together = next(one for one in house.sink.received if len(one.rcpts) == 2)
    assert together.recipients == ["friend@far.test", "other@far.test"]
    assert together.mail.startswith("MAIL FROM:<alice@example.test>")
    assert "BODY=8BITMIME" in together.mail
    assert together.content.endswith("Subject: Grüße\r\n\r\n.dots\r\n..more\r\n".encode())
    assert b"Received: from " in together.content
    assert b"Message-ID: <" in together.content
    assert b"hidden" not in together.content
    until(house.waiting, lambda found: not found)
    assert house.inbox() == []


def test_who_is_unknown_there_comes_back_and_the_others_are_served(house: House) -> None:
    house.sink.answer = lambda name: "550 5.1.1 nobody of that name" if name.startswith("gone") else "250 ok"
    house.submit("gone@far.test", "friend@far.test")
    report = house.report()
    assert status(report)["Final-Recipient"] == "rfc822; gone@far.test"
    assert status(report)["Diagnostic-Code"] == "smtp; 550 5.1.1 nobody of that name"
    assert "friend@far.test" not in report.get_payload()[0].get_payload()  # type: ignore[index,union-attr,operator]
    assert house.sink.recipients() == ["friend@far.test"]
    assert house.waiting() == {}


def test_a_content_that_is_refused_comes_back(house: House) -> None:
    house.sink.content_reply = lambda received: "554 5.7.1 not this"
    house.submit("friend@far.test")
    assert status(house.report())["Status"] == "5.7.1"


@pytest.mark.parametrize(("recipient", "code"), [("friend@null.test", "5.1.10"), ("friend@nowhere.test", "5.1.2")])
def test_a_domain_without_mail_comes_back_at_once(house: House, recipient: str, code: str) -> None:
    house.submit(recipient)
    assert status(house.report())["Status"] == code


@pytest.mark.parametrize("recipient", ["friend@broken.test", "friend@dead.test"])
def test_what_may_come_back_waits(house: House, recipient: str) -> None:
    house.submit(recipient)
    found = until(house.waiting, lambda found: found and found[recipient]["attempts"] > 0)
    assert found[recipient]["status"].startswith("4.4.")
    assert house.inbox() == []


def test_a_dead_host_keeps_nobody_waiting(house: House) -> None:
    for _ in range(3):
        house.submit(*(f"r{number}@dead.test" for number in range(50)))
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: found == ["friend@far.test"])
    until(house.waiting, lambda found: len(found) == 50 and all(item["attempts"] for item in found.values()))


def test_a_delay_is_told_once_and_the_end_too(house: House) -> None:
    house.server.set("relay.give_up_after", 5)
    house.sink.answer = lambda name: "450 4.2.1 busy"
    house.submit("friend@far.test")
    until(house.waiting, lambda found: found and found["friend@far.test"]["attempts"] == 1)
    house.age(5)
    report = house.report()
    assert status(report)["Action"] == "delayed"
    assert "Will-Retry-Until" in status(report)
    house.age(0)
    until(house.waiting, lambda found: found["friend@far.test"]["attempts"] == 3)
    house.age(200)
    report = house.report(2)
    assert (status(report)["Action"], status(report)["Status"]) == ("failed", "4.4.7")
    assert house.waiting() == {}
    house.server.set("relay.give_up_after", 120)


def test_hold_release_retry_delete(house: House) -> None:
    house.sink.answer = lambda name: "450 4.2.1 busy"
    house.submit("friend@far.test", "other@far.test")
    found = until(house.waiting, lambda found: found and all(item["attempts"] == 1 for item in found.values()))
    number = str(found["friend@far.test"]["number"])
    shown = json.loads(house.server.command("queue", "show", number, "--json"))
    (attempt,) = shown["attempts"]
    assert attempt["reply"] == "450 4.2.1 busy"
    assert attempt["host"] == "mx.far.test [127.0.0.1]"
    house.server.command("queue", "hold", number)
    house.sink.answer = lambda name: "250 ok"
    house.server.command("queue", "retry", "--all")
    until(lambda: house.sink.recipients(), lambda found: found == ["other@far.test"])
    assert house.waiting()["friend@far.test"]["held"]
    house.server.command("queue", "release", number)
    until(lambda: house.sink.recipients(), lambda found: len(found) == 2)
    house.sink.answer = lambda name: "450 4.2.1 busy"
    house.submit("third@far.test")
    until(house.waiting, lambda found: found and found["third@far.test"]["attempts"])
    house.server.command("queue", "delete", "--recipient", "third@far.test", "--yes")
    assert house.waiting() == {}
    assert house.inbox() == []


def test_success_is_reported_as_passed_on_where_the_next_server_reports_nothing(house: House) -> None:
    house.submit("friend@far.test", options=("RET=HDRS", "ENVID=order7"), rcpt=("NOTIFY=SUCCESS,FAILURE",))
    report = house.report()
    assert status(report)["Action"] == "relayed"
    assert "ENVID" not in house.sink.received[0].mail
    assert "NOTIFY" not in house.sink.received[0].rcpts[0]


def test_a_server_that_reports_gets_the_request_and_we_are_silent(house: House) -> None:
    house.sink.keywords = (*house.sink.keywords, "DSN")
    house.submit(
        "friend@far.test",
        options=("RET=HDRS", "ENVID=order+207"),
        rcpt=("NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;friend@list.test"),
    )
    (received,) = until(lambda: list(house.sink.received), bool)
    assert "RET=HDRS" in received.mail and "ENVID=order+207" in received.mail
    assert received.rcpts[0].endswith("NOTIFY=FAILURE,SUCCESS ORCPT=rfc822;friend@list.test")
    until(house.waiting, lambda found: not found)
    assert house.inbox() == []


def test_a_stream_of_mail_uses_connections_again(house: House) -> None:
    before = house.sink.connections
    client = house.server.submission()
    for _ in range(60):
        client.sendmail("alice@example.test", ["friend@far.test"], b"Subject: x\r\n\r\ny\r\n")
    client.quit()
    until(lambda: len(house.sink.received), lambda count: count == 60)
    assert house.sink.connections - before <= 10, "five to a host at a time, for both workers together"
    until(house.waiting, lambda found: not found)


def test_mail_to_and_from_the_null_path_leaves_and_is_never_reported(house: House) -> None:
    def refused(received: Received) -> str:
        return "554 5.7.1 no"

    house.sink.content_reply = refused
    house.server.set("smtp.relay_networks", ["127.0.0.0/8"])
    client = house.server.smtp()
    client.sendmail("", ["friend@far.test"], b"Subject: a report\r\n\r\ny\r\n")
    client.quit()
    until(house.waiting, lambda found: not found)
    house.server.set("smtp.relay_networks", [])
    assert house.inbox() == []


def test_turning_smtp_off_loses_nothing(house: House, tmp_path: Path) -> None:
    house.sink.answer = lambda name: "450 4.2.1 busy"
    house.submit("friend@far.test")
    until(house.waiting, lambda found: found and found["friend@far.test"]["attempts"])
    house.server.set("smtp.mx.enabled", False)
    house.sink.answer = lambda name: "250 ok"
    house.server.command("queue", "retry", "--all")
    until(lambda: house.sink.recipients(), lambda found: found == ["friend@far.test"])
    house.server.set("smtp.mx.enabled", True)
