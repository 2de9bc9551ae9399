"""`postroom domain keys`, `rotate-keys`, `dns`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dns_zone import SERVFAIL, FakeResolver
from postroom.cli.opened import run
from postroom.msa.dns_records import Shown, WantedRecord, look_up, strings, wanted_records
from unit.cli.conftest import Done

NAME = "example.test"
Run = Callable[..., Done]


def keys(postroom: Run, data: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(postroom("domain", "keys", NAME, "--json", "--data", data).out)
    return found


def test_keys_rotate(postroom: Run, data: Path) -> None:
    first = keys(postroom, data)
    assert [(key["algorithm"], key["state"]) for key in first] == [
        ("rsa-sha256", "active"),
        ("ed25519-sha256", "active"),
    ]
    for key in first:
        assert "".join(key["strings"]) == key["record"] and all(len(text) <= 255 for text in key["strings"])
        assert key["name"] == f"{key['selector']}._domainkey.example.test"
    assert len(first[0]["strings"]) == 2
    made = postroom("domain", "rotate-keys", NAME, "--data", data)
    assert made.status == 0 and made.out.count(" IN TXT ") == 2
    again = postroom("domain", "rotate-keys", NAME, "--data", data)
    assert again.status == 1 and "wait for their records" in again.err
    assert [key["state"] for key in keys(postroom, data)].count("next") == 2
    assert postroom("domain", "rotate-keys", NAME, "--now", "--data", data).status == 0
    assert sorted(key["state"] for key in keys(postroom, data)) == ["active", "active", "retired", "retired"]
    assert postroom("domain", "rotate-keys", NAME, "--now", "--data", data).status == 0
    shown = postroom("domain", "keys", NAME, "--data", data)
    assert shown.status == 0 and shown.out.count(" IN TXT ") == 6
    assert "PRIVATE" not in shown.out
    assert postroom("doctor", "--data", data).status == 0
    assert [row[0] for row in _audited(data)] == [
        "next domain keys made",
        "domain keys made active",
        "domain keys made active",
    ]


def _audited(data: Path) -> list[tuple[Any, ...]]:
    async def read(adapters: Any) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = adapters.database.read(
            "SELECT what FROM audit WHERE what LIKE '%keys%' ORDER BY audit_id"
        )
        return rows

    return run(data, read)


def test_a_new_domain_has_keys_and_a_strange_one_none(postroom: Run, data: Path) -> None:
    assert postroom("domain", "add", "new.test", "--data", data).status == 0
    assert len(json.loads(postroom("domain", "keys", "new.test", "--json", "--data", data).out)) == 2
    for words in (("keys", "none.test"), ("rotate-keys", "none.test"), ("dns", "none.test")):
        done = postroom("domain", *words, "--data", data)
        assert done.status == 1 and "there is no domain none.test" in done.err


def test_the_doctor_finds_a_missing_and_a_damaged_key(postroom: Run, data: Path) -> None:
    assert postroom("domain", "add", "ill.test", "--data", data).status == 0

    async def hurt(adapters: Any, sql: str) -> None:
        await adapters.database.write(lambda transaction: transaction.execute(sql))

    run(
        data,
        lambda adapters: hurt(
            adapters, "UPDATE domain_key SET private_key = x'41' WHERE domain = 'ill.test' AND kind = 'rsa'"
        ),
    )
    done = postroom("doctor", "--data", data)
    assert done.status == 4 and "can't be read" in done.out
    run(data, lambda adapters: hurt(adapters, "DELETE FROM domain_key WHERE domain = 'ill.test' AND kind = 'rsa'"))
    done = postroom("doctor", "--data", data)
    assert done.status == 4 and "no whole pair" in done.out
    assert postroom("domain", "remove", "ill.test", "--data", data).status == 0
    assert postroom("doctor", "--data", data).status == 0


ZONE = {
    "example.test": {"MX": ["5 other.test", "10 mail.example.test"], "TXT": ["hello", "v=spf1 a -all"]},
    "_dmarc.example.test": {"TXT": ["v=DMARC1; p=quarantine"]},
    "_mta-sts.example.test": {"TXT": ["v=STSv1; id=20261128"]},
    "_submissions._tcp.example.test": {"SRV": ["0 1 465 mail.example.test"]},
    "_imaps._tcp.example.test": {"SRV": ["5 0 993 mail.example.test"]},
    "broken.test": SERVFAIL,
}


async def test_what_the_dns_shows() -> None:
    resolver = FakeResolver(ZONE)
    mx, spf, dmarc, sts, reports, *services = wanted_records(
        NAME, "mail.example.test", [], {"imaps": 993, "submissions": 10465}
    )
    assert [one.needed for one in (mx, spf, dmarc, sts, reports, *services)] == [True] * 3 + [False] * 4
    assert [one.line() for one in services] == [
        "_submissions._tcp.example.test. IN SRV 0 1 10465 mail.example.test.",
        "_imaps._tcp.example.test. IN SRV 0 1 993 mail.example.test.",
    ]
    assert [(await look_up(one, resolver))[0] for one in services] == [Shown.DIFFERENT, Shown.PUBLISHED]
    assert (await look_up(sts, resolver))[0] is Shown.PUBLISHED
    assert (await look_up(reports, resolver))[0] is Shown.MISSING
    assert await look_up(mx, resolver) == (Shown.PUBLISHED, ["5 other.test.", "10 mail.example.test."])
    assert await look_up(spf, resolver) == (Shown.DIFFERENT, ["v=spf1 a -all"])
    assert (await look_up(dmarc, resolver))[0] is Shown.PUBLISHED
    elsewhere = WantedRecord("MX", "example.test", "MX", "10 none.test.")
    assert (await look_up(elsewhere, resolver))[0] is Shown.DIFFERENT
    assert (await look_up(WantedRecord("SPF", "none.test", "TXT", "v=spf1 mx -all"), resolver))[0] is Shown.MISSING
    assert (await look_up(WantedRecord("SPF", "broken.test", "TXT", "v=spf1 mx -all"), resolver))[0] is Shown.UNKNOWN


def test_a_line_of_a_zone_file() -> None:
    record = WantedRecord("DKIM", "s._domainkey.example.test", "TXT", "x" * 300)
    assert strings(record.value) == ["x" * 255, "x" * 45]
    assert record.line() == f's._domainkey.example.test. IN TXT "{"x" * 255}" "{"x" * 45}"'
    names = [one.name for one in wanted_records("bücher.test", "mail.bücher.test", [])]
    assert names == [
        "xn--bcher-kva.test",
        "xn--bcher-kva.test",
        "_dmarc.xn--bcher-kva.test",
        "_mta-sts.xn--bcher-kva.test",
        "_smtp._tls.xn--bcher-kva.test",
    ]
