"""Mail authentication: any octets in a record, a policy or a field give a result; what is written is read back."""

from __future__ import annotations

import asyncio
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from dns_zone import FakeResolver
from postroom.mailauth import limits, results
from postroom.mailauth.arc import verify as arc
from postroom.mailauth.arc.verify import ArcStatus
from postroom.mailauth.dkim import keys, record, verify
from postroom.mailauth.dkim.verify import DkimStatus
from postroom.mailauth.dmarc import author, evaluate
from postroom.mailauth.dmarc import record as dmarc_record
from postroom.mailauth.dmarc.author import Author
from postroom.mailauth.results import MethodResult, Property
from postroom.mailauth.spf import record as spf_record
from postroom.mailauth.spf.check import SpfStatus, check_host, for_reverse_path
from postroom.mailauth.stream import MessageReader, read_message
from postroom.mailauth.transport import mta_sts, tls_reports
from postroom.message.headers import Header
from postroom.model.address import Address

NOW = 1_795_000_000
_LETTER = b"From: alice@example.test\r\nSubject: x\r\n\r\nHello  \r\n\r\n"
_TAGS = b"a=ed25519-sha256; c=relaxed/relaxed; d=example.test; s=ed; h=from:subject:from; bh=YQ==; b=YQ=="

SPF = (
    b"v=spf1 mx a:b.test/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:_spf.example.test -all exp=why.%{d2}",
    b"v=spf1 exists:%{ir}.%{v}.%{l1r-}.%{o}.test ptr:example.test ?all redirect=_spf.example.test",
)
SIGNATURES = (
    b"DKIM-Signature: v=1; " + _TAGS + b"; t=1700000000; x=1900000000; i=@example.test; q=dns/txt; l=5\r\n",
    b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.test; s=ed; b=YQ==\r\nARC-Message-Signature: i=1; " + _TAGS + b"\r\n"
    b"ARC-Authentication-Results: i=1; mx.test; spf=pass\r\n",
    b"v=DKIM1; k=rsa; t=y:s; h=sha256; s=email; p=MCowBQYDK2VwAyEA",
)  # fmt: skip
DMARC = (
    b"v=DMARC1; p=reject; sp=none; np=quarantine; adkim=s; aspf=r; t=y; psd=n; rua=mailto:a@b.test!10m; fo=1:d",
    b"Alice <a@b.test>, g: c@d.test;",
)
RESULTS = (
    b'mx.test 1; dkim=pass (ok) reason="a \\"b\\"" header.d=x.test; spf / 1 = fail smtp . mailfrom=a@b.test',
    b"mx.test; none",
)
POLICIES = (
    b"version: STSv1\r\nmode: enforce\r\nmx: *.a.test\r\nmax_age: 86400\r\n",
    b"v=STSv1; id=1;",
    b"v=TLSRPTv1; rua=mailto:a@b.test,https://c.test/x",
)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _run(coroutine: Any) -> Any:
    return _loop().run_until_complete(coroutine)


def spf(data: bytes) -> None:
    spf_record.read(data)
    zone = {
        "example.test": {"TXT": [data], "A": ["192.0.2.9"]},
        "_spf.example.test": {"TXT": [data]},
        "why.example.test": {"TXT": [data[6:]]},
    }
    zone["1.2.0.192.in-addr.arpa"] = {"PTR": ["example.test"]}
    for address in (IPv4Address("192.0.2.1"), IPv6Address("2001:db9::1")):
        resolver = FakeResolver(zone)
        result = _run(check_host(for_reverse_path(address, Address("alice", "example.test"), "mx.test"), resolver))
        assert isinstance(result.status, SpfStatus)
        assert result.explanation.isprintable() and len(result.explanation) <= limits.EXPLANATION
        assert len(resolver.asked) < 150, "more lookups than a policy may cost"


@cache
def _key() -> keys.SigningKey:
    return keys.generate("example.test", "ed", "ed25519")


def signatures(data: bytes) -> None:
    """Fields in front of a message, whole and in pieces, and a key record."""
    record.read(data)
    message = data.partition(b"\r\n\r\n")[0].rstrip(b"\r\n") + b"\r\n" + _LETTER
    resolver = FakeResolver({_key().record_name: {"TXT": [_key().record_text]}})
    whole = read_message(message)
    found = _run(verify.verify(whole, resolver, NOW))
    assert not any(result.status is DkimStatus.PASS for result in found), "nobody signed this"
    chain = _run(arc.verify(whole, resolver))
    assert chain.status is not ArcStatus.PASS, "nobody sealed this"
    reader = MessageReader()
    for at in range(0, len(message), 7):
        reader.write(message[at : at + 7])
    assert _run(verify.verify(reader.finish(), resolver, NOW)) == found, "pieces change the result"


def dmarc(data: bytes) -> None:
    dmarc_record.read(data)
    domain = author.read(Header(b"From: " + data.replace(b"\n", b"\n ") + b"\r\n"))
    assert bool(domain.domain) is (domain.problem is None)
    zone = {"_dmarc.example.test": {"TXT": [data]}, "_dmarc.test": {"TXT": [data]}}
    for name in ("example.test", "gone.example.test"):
        resolver = FakeResolver(zone)
        _run(evaluate.evaluate(Author(name), None, (), resolver))
        assert len(resolver.asked) <= limits.TREE_QUERIES + 1


def authentication_results(data: bytes) -> None:
    results.parse(data)
    text = data.decode("utf-8", "replace")[:300]
    field = results.build(text, [MethodResult("spf", "fail", text, (Property("smtp", "mailfrom", text),))])
    assert field.isascii() and field.count(b"\r\n") == field.count(b"\n") == field.count(b"\r\n ") + 1, (
        "a line was added"
    )
    parsed = results.parse(field.partition(b":")[2])
    assert parsed is not None and [found.method for found in parsed.results] == ["spf"], "a result was added"


def policies(data: bytes) -> None:
    """MTA-STS policies and records, TLS-RPT records."""
    policy = mta_sts.read_policy(data)
    if policy is not None:
        lines = [
            "version: STSv1",
            f"mode: {policy.mode}",
            f"max_age: {policy.max_age}",
            *(f"mx: {host}" for host in policy.hosts),
        ]
        assert mta_sts.read_policy("\r\n".join(lines).encode()) == policy
        assert all(policy.allows(host.replace("*", "x")) for host in policy.hosts)
    mta_sts.read_record([data])
    for uri in tls_reports.read_record([data]):
        assert uri.isprintable()
