"""The `with` keyword of Received (RFC 3848, RFC 6531 §4.3)."""

from __future__ import annotations

import ipaddress

import pytest

from postroom.model.account import Principal, Role
from postroom.model.address import Address
from postroom.model.ids import AccountId, SessionId
from postroom.mta.client import Client

ALICE = Principal(AccountId(1), Address("alice", "example.test"), "", Role.USER, "alice")


@pytest.mark.parametrize(
    ("extended", "tls", "principal", "lmtp", "utf8", "expected"),
    [
        (False, "", None, False, False, "SMTP"),
        (True, "", None, False, False, "ESMTP"),
        (True, "TLSv1.3 X", None, False, False, "ESMTPS"),
        (True, "TLSv1.3 X", ALICE, False, False, "ESMTPSA"),
        (True, "", ALICE, False, False, "ESMTPA"),
        (True, "", None, True, False, "LMTP"),
        (True, "TLSv1.3 X", None, True, False, "LMTPS"),
        (True, "TLSv1.3 X", ALICE, False, True, "UTF8SMTPSA"),
        (True, "", None, True, True, "UTF8LMTP"),
    ],
)
def test_protocol(extended: bool, tls: str, principal: Principal | None, lmtp: bool, utf8: bool, expected: str) -> None:
    address = ipaddress.ip_address("192.0.2.1")
    client = Client(SessionId("s"), address, "client.test", extended, tls, principal, lmtp)
    assert client.protocol(smtputf8=utf8) == expected
