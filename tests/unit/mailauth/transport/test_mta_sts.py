"""MTA-STS: the examples of RFC 8461, wrong policies, names of hosts, and any octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth.transport import mta_sts
from postroom.mailauth.transport.mta_sts import StsPolicy

EXAMPLE = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n"


def test_the_policy_of_the_standard() -> None:
    """RFC 8461 §3.2."""
    policy = StsPolicy("enforce", 604_800, ("mail.example.com", "*.example.net", "backupmx.example.com"))
    assert mta_sts.read_policy(EXAMPLE) == policy
    assert mta_sts.read_policy(EXAMPLE.replace(b"\r\n", b"\n")) == policy
    assert mta_sts.read_policy(EXAMPLE + b"new_field: anything at all\nmode: none\n") == policy


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [("mail.example.com", True), ("MAIL.Example.com.", True), ("mx.example.net", True), ("a.mx.example.net", False), ("example.net", False),
     ("evil.com", False), ("mail.example.com.evil.com", False), ("*.example.net", False), ("", False)],
)  # fmt: skip
def test_hosts(host: str, is_allowed: bool) -> None:
    policy = mta_sts.read_policy(EXAMPLE)
    assert policy is not None
    assert policy.allows(host) is is_allowed


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"STSv1", b"STSv2"), (b"version: STSv1\r\n", b""), (b"enforce", b"Enforce"), (b"enforce", b"what"), (b"604800", b"-1"), (b"604800", b"1e9"),
     (b"max_age: 604800", b""), (b"mx: mail.example.com", b"mx: not a host"), (b"*.example.net", b"*"), (b"*.example.net", b"m*.example.net"),
     (b"mode: enforce", b"no field here"), (b"mx: ", b"xm: ")],
)  # fmt: skip
def test_what_is_no_policy(old: bytes, new: bytes) -> None:
    assert mta_sts.read_policy(EXAMPLE.replace(old, new)) is None


def test_bounds() -> None:
    assert mta_sts.read_policy(EXAMPLE + b"\n" * mta_sts.MAX_POLICY) is None
    assert mta_sts.read_policy(EXAMPLE + b"mx: a.test\n" * 500) is None
    long = mta_sts.read_policy(EXAMPLE.replace(b"604800", b"9999999999"))
    assert long is not None
    assert long.max_age == 31_557_600
    assert mta_sts.read_policy(b"version: STSv1\nmode: none\nmax_age: 86400\n") == StsPolicy("none", 86_400, ())


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([b"v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        ([b"v=spf1 -all", b"v=STSv1;id=1"], "1"),
        ([b"v=STSv1; id=1", b"v=STSv1; id=2"], None),
        ([b"v=STSv1; id="], None),
        ([b"v=STSv1; id=a b"], None),
        ([b"v=STSv1; id=" + b"1" * 33], None),
        ([b"v=STSv2; id=1"], None),
        ([b"id=1; v=STSv1"], None),
        ([], None),
    ],
)
def test_records(records: list[bytes], found: str | None) -> None:
    assert mta_sts.read_record(records) == found


@given(st.binary(max_size=300) | st.text("version: STSv1modexage0*.\r\n", max_size=200).map(str.encode))
def test_any_octets(data: bytes) -> None:
    mta_sts.read_policy(data)
    mta_sts.read_record([data, b"v=STSv1;" + data])
    policy = mta_sts.read_policy(EXAMPLE + data)
    assert policy is None or policy.mode == "enforce"


def test_long_lines_end_soon() -> None:
    for run in (b" ", b"\t ", b"a", b":", b"a: ", b"\r"):
        mta_sts.read_policy(b"x: " + (run * 65_000)[:65_000])
        mta_sts.read_policy(b"x: a" + (run * 65_000)[:65_000] + b"b")
