"""Authentication-Results: written and read back, the examples of the standard, and values that try to add something."""

from __future__ import annotations

import authres
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth import findings, results
from postroom.mailauth.dkim.verify import DkimResult, DkimStatus
from postroom.mailauth.dmarc.author import AuthorProblem
from postroom.mailauth.dmarc.evaluate import DmarcResult, DmarcStatus
from postroom.mailauth.dmarc.record import DmarcRecord, Policy
from postroom.mailauth.results import AuthenticationResults, MethodResult, Property
from postroom.mailauth.spf.check import SpfResult, SpfStatus
from postroom.message.headers import Header

DKIM = DkimResult(DkimStatus.PASS, "example.test", "s1", "@example.test", "rsa-sha256", "/abc+def1234")
VALUES = st.text(max_size=60) | st.sampled_from(
    ['a"; spf=pass', "x\r\nSubject: y", "\\", '"', "a@b", "(", "a b", "=;", "é"]
)


def test_all_results_in_one_field() -> None:
    dmarc = DmarcResult(
        DmarcStatus.FAIL, "example.test", "example.test", "example.test", DmarcRecord(Policy.REJECT), Policy.REJECT
    )
    field = results.build(
        "mx.example.test",
        [
            *findings.of_dkim([DKIM]),
            findings.of_spf(
                SpfResult(SpfStatus.FAIL, "mailfrom", "other.test", "", "all of other.test"), "a b@other.test"
            ),
            findings.of_spf(SpfResult(SpfStatus.NONE, "helo", "mx.other.test"), "mx.other.test"),
            findings.of_dmarc(dmarc),
        ],
    )
    assert field == (
        b"Authentication-Results: mx.example.test; dkim=pass header.d=example.test\r\n"
        b" header.i=@example.test header.s=s1 header.a=rsa-sha256 header.b=\"/abc+def\";\r\n"
        b" spf=fail reason=\"all of other.test\" smtp.mailfrom=\"a b@other.test\";\r\n"
        b" spf=none smtp.helo=mx.other.test; dmarc=fail header.from=example.test\r\n"
        b" policy.dmarc=reject\r\n"
    )  # fmt: skip
    parsed = results.parse(field.partition(b":")[2])
    assert parsed is not None
    assert [(found.method, found.result) for found in parsed.results] == [
        ("dkim", "pass"), ("spf", "fail"), ("spf", "none"), ("dmarc", "fail")
    ]  # fmt: skip
    assert parsed.results[1].properties == (Property("smtp", "mailfrom", "a b@other.test"),)


def test_nothing_was_found() -> None:
    assert results.build("mx.example.test", []) == b"Authentication-Results: mx.example.test; none\r\n"
    assert results.parse(b" mx.example.test; none") == AuthenticationResults("mx.example.test", ())
    assert findings.of_dkim([]) == [MethodResult("dkim", "none")]
    problem = DmarcResult(DmarcStatus.PERMERROR, "", problem=AuthorProblem.NO_FIELD, reason="no From field")
    assert findings.of_dmarc(problem) == MethodResult("dmarc", "permerror", "no From field")


@pytest.mark.parametrize(
    ("value", "authserv_id", "found"),
    [
        # RFC 8601 appendix B.2 to B.5
        (b"example.org 1; none", "example.org", []),
        (b"example.com;\r\n spf=pass smtp.mailfrom=example.net", "example.com", [("spf", "pass", [("smtp", "mailfrom", "example.net")])]),
        (
            b"example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net", "example.com",
            [("auth", "pass", [("smtp", "auth", "sender@example.net")]), ("spf", "pass", [("smtp", "mailfrom", "example.net")])],
        ),
        (
            b'example.com;\r\n dkim=pass reason="good signature"\r\n header.i=@mail-router.example.net', "example.com",
            [("dkim", "pass", [("header", "i", "@mail-router.example.net")])],
        ),
        (
            b"foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
            b" policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462",
            "foo.example.net", [("dkim", "fail", [("policy", "expired", "1362471462")])],
        ),
        (b'"a;b" ; spf = pass smtp.mailfrom = "x y"@z.test', "a;b", [("spf", "pass", [("smtp", "mailfrom", "x y@z.test")])]),
        (b"h; spf=pass (a (nested) comment; dkim=pass) smtp.helo=x; =; a; b=; c=d=e; dkim=fail", "h",
         [("spf", "pass", [("smtp", "helo", "x")]), ("c", "d", []), ("dkim", "fail", [])]),
    ],
)  # fmt: skip
def test_fields_of_others(
    value: bytes, authserv_id: str, found: list[tuple[str, str, list[tuple[str, str, str]]]]
) -> None:
    parsed = results.parse(value)
    assert parsed is not None
    assert parsed.authserv_id == authserv_id
    assert [
        (one.method, one.result, [(given.kind, given.name, given.value) for given in one.properties])
        for one in parsed.results
    ] == found


@given(VALUES, VALUES, st.lists(st.tuples(VALUES, VALUES), max_size=4))
def test_no_value_adds_a_result_or_a_line(authserv_id: str, reason: str, values: list[tuple[str, str]]) -> None:
    given_results = [
        MethodResult("spf", "fail", reason, (Property("smtp", "mailfrom", one), Property("smtp", "helo", other)))
        for one, other in values
    ]
    field = results.build(authserv_id, given_results)
    assert field.isascii()
    assert [found.name for found in Header(field + b"X: y\r\n\r\n").fields] == [b"authentication-results", b"x"]
    parsed = results.parse(field.partition(b":")[2])
    assert parsed is not None
    assert parsed.authserv_id == "".join(c if " " <= c <= "~" else "?" for c in authserv_id)
    assert len(parsed.results) == len(values)
    for written, found in zip(given_results, parsed.results, strict=True):
        assert (found.method, found.result) == ("spf", "fail")
        clean = ["".join(c if " " <= c <= "~" else "?" for c in p.value) for p in written.properties if p.value]
        assert [given.value for given in found.properties] == clean


def test_another_reader_finds_the_same() -> None:
    field = results.build(
        "mx.example.test",
        [*findings.of_dkim([DKIM]), MethodResult("spf", "fail", "a reason", (Property("smtp", "helo", "x y"),))],
    )
    read = authres.AuthenticationResultsHeader.parse(field.decode().replace("\r\n", ""))
    assert read.authserv_id == "mx.example.test"
    assert [(found.method, found.result, found.reason) for found in read.results] == [
        ("dkim", "pass", None),
        ("spf", "fail", "a reason"),
    ]
    assert [(given.type, given.name, given.value) for given in read.results[1].properties] == [("smtp", "helo", "x y")]


def test_names_of_methods_and_results_are_keywords_or_left_out() -> None:
    field = results.build(
        "h", [MethodResult("x; spf", "pass"), MethodResult("spf", "pa ss"), MethodResult("iprev", "pass")]
    )
    assert field == b"Authentication-Results: h; iprev=pass\r\n"


@given(st.one_of(st.binary(max_size=300), st.text('ab;= "\\().@/\r\n', max_size=100).map(str.encode)))
def test_any_octets_are_read(data: bytes) -> None:
    results.parse(data)


@pytest.mark.parametrize("run", [b"(", b'"', b"\\", b";", b"=", b"a=b ", b'"" ', b"((()))", b"a.b=", b"\\(", b" "])
def test_long_runs_end_soon(run: bytes) -> None:
    results.parse(b"h; " + run * 100_000)
