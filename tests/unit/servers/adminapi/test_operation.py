"""Overview, queue, connections, lock-outs and the audit log by the API."""

from __future__ import annotations

import csv
import io

import pytest

from admin_api import Browser, Office
from postroom.model.address import parse_address
from postroom.model.envelope import Envelope, EnvelopeRecipient
from postroom.model.ids import AccountId, SessionId
from postroom.model.session import SessionEntry


async def enqueue(desk: Office, *recipients: str, sender: str | None = "alice@example.test") -> None:
    staged = desk.adapters.staging.start()
    staged.write(b"Subject: waits\r\n\r\nhello\r\n")
    paths = tuple(EnvelopeRecipient(parse_address(one)) for one in recipients)
    envelope = Envelope(parse_address(sender) if sender else None, paths)
    await desk.adapters.queue.enqueue(envelope, await staged.finish(), b"Received: here\r\n")
    staged.discard()


def enter(desk: Office, number: int, account: str = "alice@example.test", address: str = "192.0.2.9") -> None:
    entry = SessionEntry(
        SessionId(f"s{number}"), 0, AccountId(3), account, "imap", address, address, "Mail 1", "TLSv1.3", number
    )
    desk.adapters.sessions.enter(entry, 100)


async def test_the_overview_has_everything_of_the_first_page(desk: Office, admin: Browser) -> None:
    await desk.adapters.mail_flow.add(desk.adapters.clock.now(), {"received": 5, "sent": 2})
    await desk.adapters.mail_flow.add(desk.adapters.clock.now() - 3600, {"received": 1})
    await enqueue(desk, "a@far.test")
    enter(desk, 1)
    found = (await admin.ask("GET", "/overview")).json
    assert found["mail_flow"]["received"][-2:] == [1, 5] and len(found["mail_flow"]["received"]) == 24
    assert found["mail_flow"]["rejected"] == [0] * 24
    assert found["queue"]["waiting"] == 1 and found["queue"]["oldest_at"] is not None
    assert found["counts"] == {"accounts": 3, "domains": 2, "groups": 0, "connections": 1}
    assert found["storage"]["free"] > 0 and found["storage"]["mail"] > 0
    assert found["certificate"]["self_signed"] is True
    assert {check["name"] for check in found["health"]} >= {"listeners", "certificates", "queue", "storage"}
    assert (await admin.ask("GET", "/health")).json["state"] == "warning"
    (listener,) = (await admin.ask("GET", "/listeners")).json["items"]
    assert listener == {
        "name": "imaps", "title": "IMAP SSL/TLS", "address": "127.0.0.1", "port": 993, "open": True, "error": "",
        "tls": "implicit",
    }  # fmt: skip
    names = {one["name"] for one in (await admin.ask("GET", "/interfaces")).json["items"]}
    assert "lo" in names


async def test_the_queue_is_searched_sorted_and_paged(desk: Office, admin: Browser) -> None:
    for number in range(12):
        await enqueue(desk, f"r{number:02d}@far.test")
    await enqueue(desk, "odd_100%@far.test", sender=None)
    page = (await admin.ask("GET", "/queue?sort=-recipient&limit=3&offset=1")).json
    assert page["total"] == 13
    assert [one["recipient"] for one in page["items"]] == ["r10@far.test", "r09@far.test", "r08@far.test"]
    for text, count in (("R0", 10), ("alice@", 12), ("%25", 1), ("_100%25", 1), ("r__", 0), ("nobody", 0)):
        assert (await admin.ask("GET", f"/queue?search={text}")).json["total"] == count, text
    assert (await admin.ask("GET", "/queue?sort=password")).status == 422
    assert (await admin.ask("GET", "/queue?sort=size;drop")).status == 422
    assert (await admin.ask("GET", "/queue?limit=501")).status == 422
    assert (await admin.ask("GET", "/queue?unknown=1")).status == 422


async def test_recipients_are_held_released_and_deleted(desk: Office, admin: Browser) -> None:
    await enqueue(desk, "a@far.test", "b@far.test")
    first, second = [one["id"] for one in (await admin.ask("GET", "/queue")).json["items"]]
    held = await admin.ask("POST", "/queue/actions", {"action": "hold", "ids": [first]})
    assert held.json == {"count": 1}
    assert [one["held"] for one in (await admin.ask("GET", "/queue?state=held")).json["items"]] == [True]
    assert (await admin.ask("GET", "/queue?state=waiting")).json["total"] == 1
    assert (await admin.ask("POST", "/queue/actions", {"action": "release", "search": ""})).json == {"count": 1}
    assert (await admin.ask("POST", "/queue/actions", {"action": "retry", "search": "b@"})).json == {"count": 1}
    for wrong in (
        {"action": "hold"},
        {"action": "hold", "ids": [first], "search": ""},
        {"action": "burn", "ids": [first]},
    ):
        assert (await admin.ask("POST", "/queue/actions", wrong)).status == 422
    shown = (await admin.ask("GET", f"/queue/{second}")).json
    assert "Subject: waits" in shown["headers"] and len(shown["recipients"]) == 2
    message = await admin.ask("GET", f"/queue/{second}/message")
    assert message.body == b"Received: here\r\nSubject: waits\r\n\r\nhello\r\n"
    assert message.headers["content-disposition"].startswith("attachment")
    assert (await admin.ask("POST", "/queue/actions", {"action": "delete", "ids": [first, second]})).json == {
        "count": 2
    }
    assert (await admin.ask("GET", f"/queue/{second}")).status == 404
    audit = (await admin.ask("GET", "/audit?search=queue")).json["items"]
    assert [line["what"] for line in audit] == ["queue deleted", "queue retried", "queue released", "queue held"]


async def test_connections_are_found_and_ended(desk: Office, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        enter(desk, number)
    enter(desk, 9, "bob@example.test", "198.51.100.7")
    assert (await admin.ask("GET", "/connections?search=198.51 bob".replace(" ", "%20"))).json["total"] == 1
    page = (await admin.ask("GET", "/connections?sort=-since&limit=2")).json
    assert [one["id"] for one in page["items"]] == ["s9", "s2"] and page["total"] == 4
    assert (await admin.ask("GET", "/connections?sort=nothing")).status == 422
    ended: list[bytes] = []
    monkeypatch.setattr(desk.adapters.bus, "send", ended.append)
    assert (await admin.ask("DELETE", "/connections/s9")).status == 204
    assert ended == [b"end s9"]
    assert (await admin.ask("DELETE", "/connections/none")).status == 404


async def test_who_waits_is_shown_and_let_in(desk: Office, admin: Browser) -> None:
    for _ in range(6):
        desk.adapters.delays.failed("203.0.113.9", "alice@example.test")
    (found,) = (await admin.ask("GET", "/lockouts")).json["items"]
    assert (found["network"], found["login"], found["failures"]) == ("203.0.113.9", "alice@example.test", 6)
    assert found["delay"] > 0
    assert (await admin.ask("DELETE", f"/lockouts/{found['id']}")).status == 204
    assert (await admin.ask("GET", "/lockouts")).json["items"] == []
    for wrong in (found["id"], "x", "%FF", "===="):
        assert (await admin.ask("DELETE", f"/lockouts/{wrong}")).status == 404


async def test_the_audit_log_is_searched_and_taken_away(desk: Office, admin: Browser) -> None:
    database = desk.adapters.database
    await database.write(
        lambda transaction: transaction.execute(
            "INSERT INTO audit (at, who, what, subject) VALUES (5, 'x', 'old', '=HYPERLINK(1)'), (6, 'x', 'a_b', '100%')"
        )
    )
    assert (await admin.ask("GET", "/audit?until=6")).json["items"][0]["what"] == "old"
    assert (await admin.ask("GET", "/audit?since=6&until=7")).json["total"] == 1
    for text, count in (("a_b", 1), ("aXb", 0), ("100%25", 1), ("logged%20admin", 1)):
        assert (await admin.ask("GET", f"/audit?search={text}")).json["total"] == count, text
    answer = await admin.ask("GET", "/audit.csv")
    rows = list(csv.reader(io.StringIO(answer.body.decode())))
    assert rows[0] == ["at", "who", "what", "subject", "address"]
    assert ["1970-01-01T00:00:05+00:00", "x", "old", "'=HYPERLINK(1)", ""] in rows, "no spreadsheet runs it"
    assert rows[-1][4] == "192.0.2.7"
