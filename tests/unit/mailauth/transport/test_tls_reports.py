"""TLS-RPT: records, and the report as RFC 8460 shows one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailauth.transport import tls_reports
from postroom.mailauth.transport.tls_reports import Failure, FailureType, PolicyReport, TlsReport


@pytest.mark.parametrize(
    ("records", "uris"),
    [
        ([b"v=TLSRPTv1; rua=mailto:reports@example.com"], ("mailto:reports@example.com",)),
        (
            [b"v=TLSRPTv1;rua=https://r.example.com/v1/tlsrpt , mailto:a@b.test;"],
            ("https://r.example.com/v1/tlsrpt", "mailto:a@b.test"),
        ),
        ([b"v=TLSRPTv1; rua=mailto:a@b.test", b"v=TLSRPTv1; rua=mailto:c@d.test"], ()),
        ([b"v=TLSRPTv1; rua=ftp://x.test,http://x.test,mailto:,mailto:a b@c.test,mailto:a@..,https:// x"], ()),
        ([b"v=TLSRPTv1"], ()),
        (["v=TLSRPTv1; rua=mailto:a@b\ufeff.test".encode()], ("mailto:a@b.test",)),
        ([b"v=TLSRPTv2; rua=mailto:a@b.test"], ()),
        ([b"v=TLSRPTv1; rua=" + b"mailto:a@b.test," * 1000], ("mailto:a@b.test",) * 10),
        ([], ()),
    ],
)
def test_records(records: list[bytes], uris: tuple[str, ...]) -> None:
    assert tls_reports.read_record(records) == uris


def test_the_report_of_the_standard() -> None:
    """RFC 8460 appendix B."""
    hosts = ("*.mail.company-y.example",)
    policy = PolicyReport(
        "sts", "company-y.example", ("version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"), hosts, 5326,
        (
            Failure(FailureType.CERTIFICATE_EXPIRED, 100, "2001:db8:abcd:0012::1", "mx1.mail.company-y.example"),
            Failure(
                FailureType.STARTTLS_NOT_SUPPORTED, 200, "2001:db8:abcd:0013::1", "mx2.mail.company-y.example", "", "203.0.113.56",
                "https://reports.company-x.example/report_info ? id = 5065427 c - 23 d3# StarttlsNotSupported",
            ),
            Failure(FailureType.VALIDATION_FAILURE, 3, "198.51.100.62", "mx-backup.mail.company-y.example", "", "203.0.113.58", code="X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"),
        ),
    )  # fmt: skip
    report = TlsReport(
        "Company-X",
        "sts-reporting@company-x.example",
        "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
        1459468800,
        1459555199,
        (policy,),
    )
    document = json.loads(report.to_json())
    assert document["date-range"] == {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"}
    assert set(document) == {"organization-name", "date-range", "contact-info", "report-id", "policies"}
    (entry,) = document["policies"]
    assert entry["policy"] == {
        "policy-type": "sts",
        "policy-domain": "company-y.example",
        "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
        "mx-host": ["*.mail.company-y.example"],
    }
    assert entry["summary"] == {"total-successful-session-count": 5326, "total-failure-session-count": 303}
    assert entry["failure-details"][0] == {
        "result-type": "certificate-expired",
        "sending-mta-ip": "2001:db8:abcd:0012::1",
        "receiving-mx-hostname": "mx1.mail.company-y.example",
        "failed-session-count": 100,
    }
    assert entry["failure-details"][2]["failure-reason-code"] == "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"
    assert (
        report.file_name("mail.sender.example") == "mail.sender.example!company-y.example!1459468800!1459555199.json.gz"
    )


def test_a_day_without_failures() -> None:
    report = TlsReport("X", "x@x.test", "1", 0, 86_399, (PolicyReport("no-policy-found", "y.test", succeeded=3),))
    (entry,) = json.loads(report.to_json())["policies"]
    assert "failure-details" not in entry


@given(st.binary(max_size=200))
def test_any_octets(data: bytes) -> None:
    tls_reports.read_record([data, b"v=TLSRPTv1;" + data])
    for uri in tls_reports.read_record([b"v=TLSRPTv1;rua=mailto:" + data]):
        assert uri.isprintable()
