"""Hostile HTTP at the console's port (THREATS A4): framing, paths, bodies; afterwards the server answers others as before."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator

import pytest

from whole import PASSWORDS, WholeServer

HOST = b"Host: localhost\r\n"
REFUSED = {400, 403, 404, 405, 408, 411, 413, 414, 422, 431, 501, 505}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    made = WholeServer(tmp_path_factory.mktemp("http") / "data", workers=1)
    made.set_up()
    made.start()
    yield made
    made.stop()


def talk(server: WholeServer, request: bytes, seconds: float = 10.0) -> bytes:
    """Everything that comes until the other side closes, or is silent for a second after something came."""
    context = ssl._create_unverified_context()
    with (
        socket.create_connection(("127.0.0.1", server.port("console")), seconds) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as sock,
    ):
        answer = b""
        try:
            sock.sendall(request)
        except OSError:  # it was refused before its end
            pass
        try:
            while piece := sock.recv(65536):
                answer += piece
                sock.settimeout(1.0)
        except (TimeoutError, OSError):
            pass
        return answer


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def is_well(server: WholeServer) -> bool:
    return talk(server, b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n").endswith(b"ok\n")


SMUGGLED = b"GET /console/ HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /api/v1/session HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_text",
    [
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}" + SMUGGLED,
        POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
        POST + b"Content-Length: 0x10\r\n\r\n" + SMUGGLED,
        POST + b"Content-Length: 99999999999999999999999\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n" + SMUGGLED,
        POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /a\0b HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X\x80: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X : a\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 100_000 + b"\r\n",
        b"CONNECT evil.test:443 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"TRACE /api/v1/session HTTP/1.1\r\n" + HOST + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"EHLO mail\r\n" * 100,
    ],
    ids=range(29),
)
def test_what_can_be_read_in_two_ways_is_refused_once(server: WholeServer, request_text: bytes) -> None:
    found = statuses(talk(server, request_text))
    assert len(found) <= 1, "nothing behind it is taken for a request"
    assert set(found) <= REFUSED
    assert is_well(server)


@pytest.mark.parametrize(
    "path",
    [
        b"/console/../../../../etc/passwd",
        b"/console/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        b"/console/%252e%252e/etc/passwd",
        b"/console/..%5c..%5cetc%5cpasswd",
        b"/console/assets/../../../__init__.py",
        b"/console/assets/%00.js",
        b"/console//etc/passwd",
        b"//etc/passwd",
        b"/api/v1/backups/..%2f..%2fserver.sqlite",
        b"/api/v1/certificates/..%2fdefault",
        b"/api/v1/branding/..%2f..%2flogo",
    ],
)
def test_no_path_leads_out(server: WholeServer, path: bytes) -> None:
    answer = talk(server, b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert b"root:" not in answer and b"SQLite format" not in answer and b"PRIVATE KEY" not in answer
    assert statuses(answer)[0] in {200, 307, 401, 404, 405, 422}, answer[:200]
    if statuses(answer)[0] == 307:
        assert b"location: /console/\r\n" in answer.lower(), "and to no other site"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"login": ' + b"9" * 900_000 + b"}",
        b'{"login": NaN, "password": Infinity}',
        b'{"login": "a", "login": "b", "password": "c", "password": "d", "x": 1}',
        b'{"login": "\\ud800", "password": "x"}',
        b"\xff\xfe{}",
        b'{"login": "' + b"a" * 900_000 + b'", "password": "x"}',
        b"",
        b"null",
    ],
    ids=range(10),
)
def test_bodies_that_are_no_form_are_refused_in_words(server: WholeServer, body: bytes) -> None:
    head = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer = talk(server, head + body)
    assert statuses(answer)[0] in {400, 401, 413, 422}
    _, _, text = answer.partition(b"\r\n\r\n")
    assert json.loads(text)["detail"] and b"Traceback" not in text
    assert is_well(server)


def test_ten_megabytes_are_refused_before_they_are_read(server: WholeServer) -> None:
    head = POST + b"Content-Length: 10000000\r\n\r\n"
    assert statuses(talk(server, head)) == [413], "by the length alone"
    endless = POST + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 40
    assert statuses(talk(server, endless)) == [413]
    assert is_well(server)


def test_no_other_site_may_ask(server: WholeServer) -> None:
    origin = b"Origin: https://evil.test\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n"
    answer = talk(server, b"OPTIONS /api/v1/session HTTP/1.1\r\n" + HOST + origin)
    assert statuses(answer) == [405]
    assert b"access-control-allow" not in answer.lower()


def test_the_password_is_asked_for_by_a_form_of_json_alone(server: WholeServer) -> None:
    """A page of another site can send a form, and text, but no JSON without being asked for leave."""
    body = json.dumps({"login": "admin@example.test", "password": PASSWORDS["admin"]}).encode()
    for kind in (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x"):
        head = b"POST /api/v1/session HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Type: " + kind
        answer = talk(server, head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert statuses(answer)[0] in {400, 415, 422}, kind
        assert b"set-cookie" not in answer.lower()


def test_many_idle_connections_are_bounded_and_others_get_in(server: WholeServer) -> None:
    idle = []
    try:
        for _ in range(200):
            idle.append(socket.create_connection(("127.0.0.1", server.port("console")), 5))
        assert is_well(server)
    finally:
        for sock in idle:
            sock.close()


def test_who_may_not_open_the_console_is_dropped_without_a_word(server: WholeServer) -> None:
    assert is_well(server)
    server.set("console.networks", ["192.0.2.0/24"])
    assert talk(server, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", 5.0) == b""
    server.set("console.networks", [])
    assert is_well(server)
