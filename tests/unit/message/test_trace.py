"""Trace fields: form, and what a hostile peer says inside them."""

from dataclasses import replace

from postroom.message import limits, trace
from postroom.message.headers import Header

RECEPTION = trace.Reception(
    helo="client.example.test",
    client_address="192.0.2.1",
    client_name="host.example.test",
    by="mx.example.test",
    protocol="ESMTPS",
    tls="TLSv1.3 TLS_AES_256_GCM_SHA384",
    queue_id="4XyZ",
    recipient="bob@example.test",
    at=837596665,
    offset=-420,
)


def test_received() -> None:
    assert trace.received(RECEPTION) == (
        b"Received: from client.example.test (host.example.test [192.0.2.1])\r\n"
        b"\tby mx.example.test with ESMTPS id 4XyZ\r\n"
        b"\t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
        b"\tfor <bob@example.test>;\r\n"
        b"\tWed, 17 Jul 1996 02:44:25 -0700\r\n"
    )
    assert b"from x (unknown [IPv6:2001:db8::1])" in trace.received(
        replace(RECEPTION, helo="x", client_name=None, client_address="2001:db8::1")
    )


def test_what_a_peer_says_stays_in_its_place() -> None:
    evil = "a\r\nBcc: x\r\n\r\n)(;\x00\u2028" + "y" * 5000
    raw = trace.received(replace(RECEPTION, helo=evil, client_name=evil, recipient=evil, queue_id=evil, tls=evil))
    raw += trace.return_path(evil) + trace.delivered_to(evil)
    assert [field.name for field in Header(raw).fields] == [b"received", b"return-path", b"delivered-to"]
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\x00" not in raw and raw.count(b"\n") == raw.count(b"\r\n")


def test_return_path() -> None:
    assert trace.return_path("") == b"Return-Path: <>\r\n"
    assert trace.return_path("jörg@example.test") == "Return-Path: <jörg@example.test>\r\n".encode()


def test_loops() -> None:
    header = Header(trace.delivered_to("Bob@example.test") + b"Received: x\r\n" * limits.RECEIVED + b"\r\n")
    assert trace.hops(header) == limits.RECEIVED
    assert not trace.is_looping(header)
    assert trace.is_looping(header, "bob@example.test")
    assert not trace.is_looping(header, "alice@example.test")
    assert trace.is_looping(Header(b"Received: x\r\n" * (limits.RECEIVED + 1)))


def test_nothing_a_peer_says_ends_the_field_before_its_date() -> None:
    said = replace(RECEPTION, helo="a;b", client_name="c;d", queue_id="e;f", tls="TLSv1.3;x", recipient=None)
    assert trace.received(said).count(b";") == 1
