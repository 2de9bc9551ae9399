"""MTA-STS: what a domain says of the hosts that take its mail, and that they must be reached by TLS (RFC 8461).

    _mta-sts.example.test. TXT "v=STSv1; id=20261125T000000"          a new id means a new policy
    https://mta-sts.example.test/.well-known/mta-sts.txt              the policy, fetched by whoever sends (mta)

Fetching, keeping and the certificate of the web server are the sender's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from postroom.mailauth import names, tags

MAX_POLICY = 64 << 10  # octets that a fetch reads (RFC 8461 §3.3 suggests this bound)
_MAX_AGE = 31_557_600  # seconds, a year: RFC 8461 §3.2
_MAX_HOSTS = 200  # patterns; Google has five
_VERSION = re.compile(rb"v[ \t]*+=[ \t]*+STSv1[ \t]*+(?:;|\Z)")
_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
_LINE = re.compile(r"[ \t]*+([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*+:[ \t]*+(.*+)\Z")

Mode = Literal["enforce", "testing", "none"]


@dataclass(frozen=True, slots=True)
class StsPolicy:
    mode: Mode
    max_age: int
    """Seconds for which it holds."""
    hosts: tuple[str, ...]
    """Patterns of MX hosts: names, or *. and a name."""

    def allows(self, host: str) -> bool:
        """Whether mail may go to an MX host (RFC 8461 §4.1); the star stands for one label."""
        name = names.normal(host)
        if name is None:
            return False
        _, dot, parent = name.partition(".")
        return name in self.hosts or (bool(dot) and f"*.{parent}" in self.hosts)


def read_record(records: Iterable[bytes]) -> str | None:
    """The id among the TXT records of _mta-sts; None where there is no record, or more than one (RFC 8461 §3.1)."""
    found = [record for record in records if _VERSION.match(record)]
    if len(found) != 1:
        return None
    policy_id = tags.lenient(found[0]).get("id", "")
    return policy_id if _ID.match(policy_id) else None


def read_policy(body: bytes) -> StsPolicy | None:
    """None for what is no policy: too long, a field missing or wrong (RFC 8461 §3.2). Of fields but mx the first counts."""
    if len(body) > MAX_POLICY:
        return None
    fields: dict[str, str] = {}
    hosts: list[str] = []
    for line in body.decode("utf-8", "replace").split("\n"):
        found = _LINE.match(line.removesuffix("\r"))
        if found is None:
            if line.strip():
                return None
            continue
        name, value = found[1], found[2].rstrip(" \t")
        if name == "mx":
            pattern = _pattern(value)
            if pattern is None or len(hosts) == _MAX_HOSTS:
                return None
            hosts.append(pattern)
        else:
            fields.setdefault(name, value)
    max_age = tags.number(fields.get("max_age", ""))
    mode = _mode(fields.get("mode", ""))
    if fields.get("version") != "STSv1" or max_age is None or mode is None or (not hosts and mode != "none"):
        return None
    return StsPolicy(mode, min(max_age, _MAX_AGE), tuple(hosts))


def _mode(text: str) -> Mode | None:
    match text:
        case "enforce" | "testing" | "none":
            return text
    return None


def _pattern(text: str) -> str | None:
    is_wild = text.startswith("*.")
    name = names.normal(text[2:] if is_wild else text)
    return None if name is None else "*." + name if is_wild else name
