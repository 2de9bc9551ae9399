"""DMARC: the walk of RFC 9989 with its examples, alignment, policies of subdomains and absent names, and From fields of every kind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dns_zone import SERVFAIL, TIMEOUT, FakeResolver
from postroom.mailauth import limits
from postroom.mailauth.dkim.verify import DkimResult, DkimStatus
from postroom.mailauth.dmarc import author, record
from postroom.mailauth.dmarc.author import Author, AuthorProblem
from postroom.mailauth.dmarc.evaluate import DmarcResult, DmarcStatus, evaluate
from postroom.mailauth.dmarc.record import Policy
from postroom.mailauth.dmarc.tree import TreeWalker, targets
from postroom.mailauth.spf.check import SpfResult, SpfStatus
from postroom.message.headers import Header
from postroom.model.dns import Answer


def zone(**records: str) -> dict[str, Any]:
    """Policies by name, with _ for the dots."""
    return {f"_dmarc.{name.replace('_', '.')}": {"TXT": [text]} for name, text in records.items()}


def dkim(domain: str, status: DkimStatus = DkimStatus.PASS) -> DkimResult:
    return DkimResult(status, domain, "s", "@" + domain, "rsa-sha256", "abc")


def spf(domain: str, status: SpfStatus = SpfStatus.PASS) -> SpfResult:
    return SpfResult(status, "mailfrom", domain)


async def judged(names: dict[str, Any], domain: str, *signed: DkimResult, path: SpfResult | None = None) -> DmarcResult:
    return await evaluate(Author(domain), path, signed, FakeResolver(names))


def test_the_names_of_the_walk() -> None:
    """RFC 9989 §4.10, its example."""
    assert targets("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com", "i.j.mail.example.com",
        "j.mail.example.com", "mail.example.com", "example.com", "com",
    ]  # fmt: skip
    assert targets("a.b.c.d.e.f.g.h")[:2] == ["a.b.c.d.e.f.g.h", "b.c.d.e.f.g.h"]
    assert targets("example.com") == ["example.com", "com"]
    for count in range(1, 60):
        name = ".".join(["x"] * count)
        assert len(targets(name)) == min(count, limits.TREE_QUERIES)


@pytest.mark.parametrize(
    ("names", "start", "organization"),
    [
        (zone(mail_example_com="v=DMARC1", example_com="v=DMARC1"), "a.mail.example.com", "example.com"),
        (zone(mail_example_com="v=DMARC1; psd=n", example_com="v=DMARC1"), "a.mail.example.com", "mail.example.com"),
        (zone(com="v=DMARC1; psd=y"), "a.mail.example.com", "example.com"),
        (zone(example_com="v=DMARC1; psd=y"), "a.mail.example.com", "mail.example.com"),
        (zone(example_com="v=DMARC1; psd=y"), "example.com", "example.com"),
        ({}, "a.mail.example.com", "a.mail.example.com"),
        (zone(com="v=DMARC1; p=none"), "a.example.com", "com"),
        (zone(a_example_com="v=DMARC1; p=none"), "a.example.com", "a.example.com"),
    ],
)
async def test_the_organizational_domain(names: dict[str, Any], start: str, organization: str) -> None:
    walk = await TreeWalker(FakeResolver(names)).walk(start)
    assert walk.organizational_domain == organization


async def test_two_records_at_a_name_are_none() -> None:
    names = zone(example_com="v=DMARC1; p=reject")
    names["_dmarc.example.com"]["TXT"] *= 2
    assert (await judged(names, "example.com")).status is DmarcStatus.NONE
    names["_dmarc.example.com"]["TXT"][0] = "v=spf1 -all"
    assert (await judged(names, "example.com")).status is DmarcStatus.FAIL


REJECT = zone(example_com="v=DMARC1; p=reject")


@pytest.mark.parametrize(
    ("domain", "signed", "path", "status"),
    [
        ("example.com", [dkim("example.com")], None, DmarcStatus.PASS),
        ("example.com", [dkim("mail.example.com")], None, DmarcStatus.PASS),
        ("mail.example.com", [dkim("example.com")], None, DmarcStatus.PASS),
        ("a.example.com", [dkim("b.example.com")], None, DmarcStatus.PASS),
        ("example.com", [dkim("other.com"), dkim("example.com")], None, DmarcStatus.PASS),
        ("example.com", [dkim("example.com", DkimStatus.POLICY)], None, DmarcStatus.FAIL),
        ("example.com", [dkim("example.com.other.com")], None, DmarcStatus.FAIL),
        ("example.com", [dkim("notexample.com")], None, DmarcStatus.FAIL),
        ("example.com", [dkim("com")], None, DmarcStatus.FAIL),
        ("example.com", [], spf("bounces.example.com"), DmarcStatus.PASS),
        ("example.com", [], spf("Example.COM"), DmarcStatus.PASS),
        ("example.com", [], spf("other.com"), DmarcStatus.FAIL),
        ("example.com", [], spf("example.com", SpfStatus.SOFTFAIL), DmarcStatus.FAIL),
        ("example.com", [], SpfResult(SpfStatus.PASS, "helo", "example.com"), DmarcStatus.FAIL),
        ("example.com", [], spf("example.com", SpfStatus.TEMPERROR), DmarcStatus.TEMPERROR),
        ("example.com", [dkim("example.com", DkimStatus.TEMPERROR)], spf("other.com"), DmarcStatus.TEMPERROR),
        ("other.com", [], None, DmarcStatus.NONE),
    ],
)
async def test_alignment(domain: str, signed: list[DkimResult], path: SpfResult | None, status: DmarcStatus) -> None:
    result = await judged(REJECT, domain, *signed, path=path)
    assert result.status is status
    assert result.disposition is (Policy.REJECT if status is DmarcStatus.FAIL else Policy.NONE)


async def test_strict_alignment_wants_the_same_name() -> None:
    names = zone(example_com="v=DMARC1; p=reject; adkim=s; aspf=S")
    assert (await judged(names, "example.com", dkim("mail.example.com"))).status is DmarcStatus.FAIL
    assert (await judged(names, "example.com", path=spf("mail.example.com"))).status is DmarcStatus.FAIL
    assert (await judged(names, "example.com", dkim("example.com"))).status is DmarcStatus.PASS


async def test_a_subdomain_that_is_its_own_organization_is_not_aligned() -> None:
    names = REJECT | zone(customer_example_com="v=DMARC1; p=none; psd=n")
    assert (await judged(names, "example.com", dkim("customer.example.com"))).status is DmarcStatus.FAIL
    assert (await judged(names, "customer.example.com", dkim("example.com"))).status is DmarcStatus.FAIL
    assert (await judged(names, "x.customer.example.com", dkim("customer.example.com"))).status is DmarcStatus.PASS


async def test_customers_of_a_public_suffix_are_strangers() -> None:
    names = zone(gov_test="v=DMARC1; p=reject; psd=y; np=quarantine; sp=none")
    result = await judged(names | {"one.gov.test": {"A": ["192.0.2.1"]}}, "one.gov.test", dkim("two.gov.test"))
    assert (result.status, result.policy_domain, result.organizational_domain) == (
        DmarcStatus.FAIL,
        "gov.test",
        "one.gov.test",
    )
    assert result.policy is Policy.NONE
    assert (await judged(names, "absent.gov.test")).disposition is Policy.QUARANTINE
    assert (await judged(names, "gov.test")).disposition is Policy.REJECT


@pytest.mark.parametrize(
    ("text", "own", "below", "absent"),
    [
        ("v=DMARC1; p=quarantine", "quarantine", "quarantine", "quarantine"),
        ("v=DMARC1; p=quarantine; sp=none", "quarantine", "none", "none"),
        ("v=DMARC1; p=none; sp=quarantine; np=reject", "none", "quarantine", "reject"),
        ("v=DMARC1; p=none; np=REJECT", "none", "none", "reject"),
        ("v = DMARC1 ;p = Reject ;", "reject", "reject", "reject"),
        ("v=DMARC1; p=reject; t=y", "none", "none", "none"),
        ("v=DMARC1; p=reject; pct=0", "reject", "reject", "reject"),
        ("v=DMARC1; rua=mailto:r@example.com; p=what", "none", "none", "none"),
        ("v=DMARC1; rua=mailto:r@example.com; p=reject; sp=what", "none", "none", "none"),
    ],
)
async def test_the_wish_for_names_and_what_is_below(text: str, own: str, below: str, absent: str) -> None:
    names = zone(example_com=text) | {"there.example.com": {"A": ["192.0.2.1"]}}
    found = [
        (await judged(names, name)).disposition.value
        for name in ("example.com", "there.example.com", "gone.example.com")
    ]
    assert found == [own, below, absent]


@pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1; p=what", "v=DMARC1; p=reject; sp=x"])
async def test_a_record_without_policy_and_reports_does_nothing(text: str) -> None:
    assert (await judged(zone(example_com=text), "example.com")).status is DmarcStatus.NONE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=DMARC2; p=reject",
        "v=dmarc1; p=reject",
        "p=reject; v=DMARC1",
        " v=DMARC1;p=reject",
        "v=DMARC11",
        "DMARC1",
        "v=DMARC1 p=reject",
    ],
)
def test_what_is_no_record(text: str) -> None:
    assert record.read(text.encode()) is None


def test_all_of_a_record_is_read() -> None:
    found = record.read(
        b"v=DMARC1; p=none; x=y; broken; rua=mailto:a@x.test!10m, mailto:B@y.test,https://z.test,mailto:no,mailto:@c; ruf=mailto:f@x.test; "
        b"fo=1:d:q; adkim=s; psd=n; t=Y"
    )
    assert found is not None
    assert found.aggregate_reports == ("a@x.test", "B@y.test")
    assert (found.failure_reports, found.failure_options) == (("f@x.test",), {"1", "d"})
    assert (found.strict_dkim, found.strict_spf, found.public_suffix, found.is_testing) == (True, False, "n", True)


async def test_reports_go_elsewhere_only_where_that_is_wanted() -> None:
    resolver = FakeResolver({"example.com._report._dmarc.reports.test": {"TXT": ["v=DMARC1"]}})
    assert await record.may_report(resolver, "mail.example.com", "example.com", "r@www.example.com")
    assert await record.may_report(resolver, "example.com", "example.com", "r@reports.test")
    assert not await record.may_report(resolver, "example.com", "example.com", "r@victim.test")
    assert not await record.may_report(resolver, "example.com", "example.com", "nonsense@")


async def test_failures_of_dns_are_temporary() -> None:
    assert (await judged({"_dmarc.example.com": TIMEOUT}, "example.com")).status is DmarcStatus.TEMPERROR
    names = REJECT | {"_dmarc.mail.example.com": SERVFAIL}
    assert (await judged(names, "mail.example.com", dkim("mail.example.com"))).status is DmarcStatus.PASS
    assert (await judged(names, "example.com", dkim("example.com"))).status is DmarcStatus.PASS
    assert (await judged(names, "example.com", path=spf("other.com"))).status is DmarcStatus.FAIL


async def test_a_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(FakeResolver):
        async def txt(self, name: str) -> Answer[bytes]:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(limits, "EVALUATION_SECONDS", 0.05)
    assert (await evaluate(Author("example.com"), None, (), Silent({}))).status is DmarcStatus.TEMPERROR


async def test_lookups_are_bounded_whatever_is_signed() -> None:
    resolver = FakeResolver(zone(test="v=DMARC1; p=reject"))
    deep = ".".join(["x"] * 60) + ".test"
    signed = [dkim(f"{number}.{deep}") for number in range(limits.SIGNATURES)]
    await evaluate(Author("y." + deep), spf("z." + deep), signed, resolver)
    assert len(resolver.asked) <= limits.TREE_QUERIES + limits.SIGNATURES + 1 + 1


@pytest.mark.parametrize(
    ("header", "domain", "problem"),
    [
        (b"From: a@Example.Test\r\n", "example.test", None),
        (b'From: "Bank, a@bank.test" <a@evil.test>\r\n', "evil.test", None),
        (b"From: a@bank.test <a@evil.test>\r\n", "evil.test", None),
        (b"From: a@x.test, b@X.test\r\n", "x.test", None),
        (b"From: friends: a@x.test, b@x.test;\r\n", "x.test", None),
        ("From: a@bücher.test\r\n".encode(), "xn--bcher-kva.test", None),
        (b"From: =?utf-8?q?a=40bank.test?= <a@evil.test>\r\n", "evil.test", None),
        (b"Subject: x\r\n", "", AuthorProblem.NO_FIELD),
        (b"From: a@x.test\r\nfrom: a@x.test\r\n", "", AuthorProblem.SEVERAL_FIELDS),
        (b"From: a@x.test, b@y.test\r\n", "", AuthorProblem.SEVERAL_DOMAINS),
        (b"From: friends:;\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From: nobody\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From:\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From: a@evil.test\r\n" + b"X: y\r\n" * 5000 + b"From: a@bank.test\r\n", "", AuthorProblem.TOO_LONG),
        (
            b"From: a@evil.test\r\n" + b"X: " + b"y" * (1 << 20) + b"\r\nFrom: a@bank.test\r\n",
            "",
            AuthorProblem.TOO_LONG,
        ),
        (b"From: <>\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From: a@[192.0.2.1]\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From: a@x.test, b\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From: a@\xff\xfe.test\r\n", "", AuthorProblem.NO_DOMAIN),
        (b"From: a@bank.test\x00.evil.test\r\n", "", AuthorProblem.NO_DOMAIN),
    ],
)
async def test_the_author(header: bytes, domain: str, problem: AuthorProblem | None) -> None:
    found = author.read(Header(header))
    assert (found.domain, found.problem) == (domain, problem)
    if problem is not None:
        result = await evaluate(found, None, (), FakeResolver({}))
        assert (result.status, result.problem) == (DmarcStatus.PERMERROR, problem)


@given(st.one_of(st.binary(max_size=200), st.text("v=DMARC1;psnptadkimru:a@.,!y ", max_size=120).map(str.encode)))
async def test_any_octets_in_a_record_and_a_from_field(data: bytes) -> None:
    record.read(data)
    names = {"_dmarc.example.com": {"TXT": [b"v=DMARC1;" + data]}}
    assert isinstance((await judged(names, "example.com")).status, DmarcStatus)
    found = author.read(Header(b"From: " + data.replace(b"\n", b"") + b"\r\n"))
    assert bool(found.domain) is (found.problem is None)
