"""Every case of the published test suite for RFC 7208."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest
import yaml

from dns_zone import TIMEOUT, FakeResolver, Zone
from postroom.mailauth.spf.check import SpfQuestion, check_host

SUITE = Path(__file__).resolve().parents[3] / "data" / "spf" / "rfc7208-tests.yml"


def cases() -> list[Any]:
    found = []
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        for name, case in scenario["tests"].items():
            found.append(pytest.param(scenario["zonedata"], case, id=name))
    return found


def zone(entries: dict[str, list[Any]]) -> Zone:
    """The suite's zones in the form of ours; records of the type SPF stand for TXT where a name has none."""
    names: dict[str, Any] = {}
    for name, records in entries.items():
        held: dict[str, Any] = {}
        for entry in records:
            if entry == TIMEOUT:
                for record_type in ("A", "AAAA", "MX", "TXT", "PTR", "CNAME"):
                    held.setdefault(record_type, TIMEOUT)
                continue
            ((record_type, value),) = entry.items()
            if value == TIMEOUT:
                held[record_type] = TIMEOUT
            elif record_type == "MX":
                held.setdefault("MX", []).append(f"{value[0]} {value[1] or '.'}")
            elif record_type in ("TXT", "SPF"):
                held.setdefault(record_type, []).append(tuple(value) if isinstance(value, list) else value)
            else:
                held.setdefault(record_type, []).append(value)
        spf = held.pop("SPF", None)
        if spf is not None and "TXT" not in held:
            held["TXT"] = spf
        if held.get("TXT") == ["NONE"]:
            del held["TXT"]
            if TIMEOUT in records:
                held["TXT"] = TIMEOUT
        names[name] = held
    for held in names.values():
        if "CNAME" in held and held["CNAME"] != TIMEOUT:
            for record_type in [kind for kind, value in held.items() if value == TIMEOUT]:
                del held[record_type]
    return Zone(names)


def question(case: dict[str, Any]) -> SpfQuestion:
    local, _, domain = case["mailfrom"].rpartition("@")
    helo = case["helo"]
    return SpfQuestion(
        ipaddress.ip_address(case["host"]), domain or helo, local or "postmaster", helo, "mailfrom", case.get("receiver", "unknown"), 1
    )  # fmt: skip


@pytest.mark.parametrize(("entries", "case"), cases())
async def test_case(entries: dict[str, list[Any]], case: dict[str, Any]) -> None:
    result = await check_host(question(case), FakeResolver(zone(entries)))
    expected = case["result"]
    assert result.status.value in (expected if isinstance(expected, list) else [expected]), result
    if "explanation" in case:
        assert result.explanation == ("" if case["explanation"] == "DEFAULT" else case["explanation"])
