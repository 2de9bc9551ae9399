"""How mail is protected on its way: MTA-STS fetched, kept and enforced; REQUIRETLS; a smart host with its login; what is counted for reports."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from authority import Authority
from dns_zone import Zone
from far_servers import FarServers, Sink, Web, far_servers, running_beside
from postroom.app import Adapters
from postroom.cli.opened import run
from scenarios.relay.test_relay import House, status, until
from whole import WholeServer

pytestmark = pytest.mark.xdist_group("relay-protected")
POLICY = "version: STSv1\nmode: {mode}\nmx: mx.far.test\nmax_age: {age}\n"


def zone(policy_id: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "far.test": {"MX": ["10 mx.far.test"]},
        "mx.far.test": {"A": ["127.0.0.1"]},
        "_mta-sts.far.test": {"TXT": [f"v=STSv1; id={policy_id}"]},
        "mta-sts.far.test": {"A": ["127.0.0.1"]},
        "plain.test": {"MX": ["10 mx.far.test"]},
        "smart.test": {"A": ["127.0.0.1"]},
        **more,
    }


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def far(authority: Authority) -> Iterator[FarServers]:
    web = Web(authority.context("mta-sts.far.test"))
    with far_servers(zone(), Sink(context=authority.context("mx.far.test", "smart.test")), web) as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, far: FarServers, authority: Authority) -> Iterator[WholeServer]:
    trusting = {"relay.authorities": str(authority.path)}
    with running_beside(far, tmp_path_factory.mktemp("protected"), trusting, workers=1) as started:
        yield started


@pytest.fixture
def house(server: WholeServer, far: FarServers, authority: Authority) -> House:
    until(lambda: far.sink.open, lambda count: count == 0)
    far.sink.context = authority.context("mx.far.test", "smart.test")
    far.sink.keywords, far.sink.login_reply = Sink().keywords, Sink().login_reply
    far.sink.received.clear()
    far.sink.logins.clear()
    server.set("relay.smart_host", "")
    if json.loads(server.command("queue", "list", "--json")):
        server.command("queue", "delete", "--all", "--yes")
    return Awake(server, far)


def serve_policy(far: FarServers, policy_id: str, mode: str = "enforce", age: int = 86400) -> None:
    """And wait until nobody remembers the older record."""
    far.web.text, far.web.answer = POLICY.format(mode=mode, age=age), None
    far.dns.zone = Zone(zone(policy_id))
    time.sleep(1.2)


class Awake(House):
    """Does not leave a hop alone that rests for what another test did to it."""

    def submit(self, *recipients: str, options: tuple[str, ...] = (), rcpt: tuple[str, ...] = ()) -> None:
        super().submit(*recipients, options=options, rcpt=rcpt)
        found = until(self.waiting, lambda found: all(item["attempts"] for item in found.values()))
        if found:
            self.server.command("queue", "retry", "--all")
            until(self.waiting, lambda found: all(item["attempts"] > 1 for item in found.values()))


def waiting_reply(house: House, recipient: str = "friend@far.test") -> str:
    return str(house.waiting()[recipient]["last_reply"])


def test_an_enforced_policy_is_fetched_once_and_mail_goes_by_a_right_certificate(house: House) -> None:
    serve_policy(house.far, "first1")
    before = house.far.web.asked
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 1)
    until(lambda: house.sink.open, lambda count: count == 0)
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 2)
    assert all(received.tls for received in house.sink.received)
    assert house.far.web.asked - before == 1


@pytest.mark.parametrize("wrong", ["another name", "expired", "no TLS"])
def test_an_enforced_policy_defers_where_the_host_is_not_right(house: House, authority: Authority, wrong: str) -> None:
    serve_policy(house.far, f"wrong{len(wrong)}")
    house.sink.context = {
        "another name": authority.context("other.test"),
        "expired": authority.context("mx.far.test", expired=True),
        "no TLS": None,
    }[wrong]
    house.submit("friend@far.test")
    reply = waiting_reply(house)
    assert {"another name": "certificate", "expired": "certificate", "no TLS": "STARTTLS"}[wrong] in reply
    assert house.waiting()["friend@far.test"]["status"].startswith("4.7.")
    assert house.sink.received == []


def test_a_host_that_the_policy_does_not_name_gets_nothing(house: House) -> None:
    serve_policy(house.far, "others1")
    house.far.dns.zone = Zone(
        zone("others1", **{"far.test": {"MX": ["10 evil.far.test"]}, "evil.far.test": {"A": ["127.0.0.1"]}})
    )
    time.sleep(1.2)
    house.submit("friend@far.test")
    assert "does not name evil.far.test" in waiting_reply(house)
    assert house.sink.received == []


def test_a_policy_holds_while_it_can_not_be_fetched_or_its_record_is_gone(house: House, authority: Authority) -> None:
    serve_policy(house.far, "holds1")
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 1)
    until(lambda: house.sink.open, lambda count: count == 0)
    house.sink.context = None
    house.far.web.answer = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"
    house.far.dns.zone = Zone(zone("holds2"))
    time.sleep(1.2)
    house.submit("friend@far.test")
    assert "STARTTLS" in waiting_reply(house)
    house.far.dns.zone = Zone({name: held for name, held in zone().items() if name != "_mta-sts.far.test"})
    time.sleep(1.2)
    house.server.command("queue", "retry", "--all")
    until(house.waiting, lambda found: found["friend@far.test"]["attempts"] == 3)
    assert house.sink.recipients() == ["friend@far.test"], "whoever takes the record away takes no protection away"


@pytest.mark.parametrize("mode", ["testing", "none"])
def test_a_policy_that_is_not_enforced_stops_nothing(house: House, mode: str) -> None:
    serve_policy(house.far, f"mode{mode}", mode)
    house.sink.context = None
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: -1\r\n\r\nversion: STSv1",
        b"garbage",
        b"",
    ],
    ids=["redirect", "html", "large", "negative", "garbage", "nothing"],
)
def test_what_is_no_policy_is_none(house: House, answer: bytes) -> None:
    run(house.server.data, _forget_policies)
    house.far.web.answer = answer
    house.far.dns.zone = Zone(zone(f"bad{abs(hash(answer)) % 10**9}"))
    time.sleep(1.2)
    house.sink.context = None
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 1)


async def _forget_policies(adapters: Adapters) -> None:
    await adapters.database.write(lambda transaction: transaction.execute("DELETE FROM sts_policy"))


def test_requiretls_goes_only_where_it_is_vouched_for_and_offered(house: House) -> None:
    serve_policy(house.far, "require1")
    house.sink.keywords = (*Sink().keywords, "REQUIRETLS")
    house.submit("friend@far.test", options=("REQUIRETLS",))
    (received,) = until(lambda: list(house.sink.received), bool)
    assert "REQUIRETLS" in received.mail
    assert received.tls
    before = len([raw for raw in house.inbox() if b"multipart/report" in raw])
    house.submit("friend@plain.test", options=("REQUIRETLS",))
    assert status(house.report(before + 1))["Status"] == "5.7.10"
    until(lambda: house.sink.open, lambda count: count == 0)
    house.sink.keywords = Sink().keywords
    house.submit("friend@far.test", options=("REQUIRETLS",))
    assert status(house.report(before + 2))["Status"] == "5.7.30"
    assert len(house.sink.received) == 1


def use_smart_host(house: House) -> None:
    for path, value in (
        ("relay.smart_host_port", house.sink.port),
        ("relay.smart_host_login", "post"),
        ("relay.smart_host_password", "smart password"),
        ("relay.smart_host", "smart.test"),
    ):
        house.server.set(path, value)


def test_all_mail_takes_the_smart_host_with_its_login(house: House) -> None:
    house.sink.keywords = (*Sink().keywords, "AUTH PLAIN LOGIN")
    use_smart_host(house)
    house.submit("friend@far.test", "friend@nowhere.test")
    (received,) = until(lambda: list(house.sink.received), bool)
    assert received.recipients == ["friend@far.test", "friend@nowhere.test"], "one transaction for all domains"
    assert received.tls
    assert house.sink.logins == ["AUTH PLAIN " + base64.b64encode(b"\0post\0smart password").decode()]
    assert "smart password" not in house.server.command("settings", "get")
    assert "smart password" not in house.server.command("settings", "history")
    assert "smart password" not in house.server.log.read_text()


@pytest.mark.parametrize("wrong", ["password", "certificate", "no TLS"])
def test_a_smart_host_that_is_not_right_gets_neither_mail_nor_password(
    house: House, authority: Authority, wrong: str
) -> None:
    house.sink.keywords = (*Sink().keywords, "AUTH PLAIN")
    if wrong == "password":
        house.sink.login_reply = "535 5.7.8 wrong"
    else:
        house.sink.context = authority.context("other.test") if wrong == "certificate" else None
    use_smart_host(house)
    house.submit("friend@far.test")
    waiting_reply(house)
    assert house.waiting()["friend@far.test"]["status"].startswith("4.7."), "it can be mended, so nothing goes back"
    assert house.sink.received == []
    assert bool(house.sink.logins) == (wrong == "password")


def test_results_are_counted_for_reports(house: House, authority: Authority) -> None:
    serve_policy(house.far, "counted1")
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 1)
    until(lambda: house.sink.open, lambda count: count == 0)
    for wrong in (authority.context("other.test"), None):
        house.sink.context = wrong
        house.submit("friend@far.test")

    async def counts(adapters: Adapters) -> set[tuple[str, str, str]]:
        day = adapters.clock.now() // 86_400
        found = await adapters.transport.tls_counts(day)
        return {(one.domain, one.policy, one.failure) for one in found}

    house.server.stop()
    found = run(house.server.data, counts)
    house.server.start()
    assert ("far.test", "sts", "") in found
    assert ("far.test", "sts", "certificate-host-mismatch") in found
    assert ("far.test", "sts", "starttls-not-supported") in found


def test_policies_survive_a_restart(house: House, tmp_path: Path) -> None:
    serve_policy(house.far, "restart1")
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 1)
    before = house.far.web.asked
    house.server.stop()
    house.server.start()
    until(lambda: house.sink.open, lambda count: count == 0)
    house.submit("friend@far.test")
    until(lambda: house.sink.recipients(), lambda found: len(found) == 2)
    assert house.far.web.asked == before
