"""What inputs begin as: the client's lines of the transcripts, and samples that are read as data in tests/."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|([rn0\\]))")
_SINGLE = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"\\": b"\\"}


@cache
def spoken(folder: str, side: str = "C") -> tuple[bytes, ...]:
    """All that one side says in each transcript (and each scene of one) below tests/transcripts/`folder`."""
    found = []
    for path in sorted((TESTS / "transcripts" / folder).rglob("*.txt")):
        for scene in re.split(rb"^== .*\n", path.read_bytes(), flags=re.MULTILINE):
            lines = re.findall(rb"^%s: (.*)\n" % side.encode(), scene, flags=re.MULTILINE)
            if lines:
                found.append(b"".join(_octets(line) for line in lines))
    assert found, folder
    return tuple(found)


def _octets(line: bytes) -> bytes:
    end = b"\r\n"
    if line.endswith(rb"\c"):
        line, end = line[:-2], b""
    return _ESCAPE.sub(lambda m: bytes((int(m[1], 16),)) if m[1] else _SINGLE[m[2]], line) + end


def field_values() -> tuple[bytes, ...]:
    return (
        b'"A. Lice" <alice@example.test>, bob@example.test (Bob), friends: a@b.test, <@r:c@d.test>;',
        b"=?utf-8?b?5pel5pys6Kqe?= =?iso-8859-1?q?=E9t=E9?= <a@[192.0.2.1]>",
        b"Sun, 22 Nov 2026 22:00:00 +0100 (CET)",
        b"Tue, 31 Feb 69 25:61:61 EST",
        b"text/plain; charset=\"utf-8\"; name*0*=utf-8''%e2%82; name*1*=%ac; name*2=x; format=flowed",
        b'attachment; filename="=?utf-8?q?a=20b?="',
        b"<one@example.test> <two@example.test>\r\n\t<three@example.test>",
        b"Re: [list] Fwd: (fwd) subject",
        b"from a.test (b.test [192.0.2.1]) by c.test with ESMTPS id 1 for <d@e.test>; Sun, 22 Nov 2026 22:00:00 +0000",
    )


def messages() -> tuple[bytes, ...]:
    header = b"".join(
        name + b": " + value + b"\r\n"
        for name, value in zip(
            (b"From", b"To", b"Date", b"Date", b"Content-Type", b"Content-Disposition", b"References", b"Subject", b"Received"),
            field_values(),
            strict=True,
        )
    )  # fmt: skip
    html = b"<html><style>x</style><p>caf&eacute; &#x65e5;<br><!-- no --><script>1</script>\r\n"
    parts = (
        b"\r\n--b\r\nContent-Type: text/html; charset=iso-2022-jp\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + html,
        b"\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n",
        b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + header + b"\r\nbody\r\n",
        b"\r\n--b\r\nContent-Type: multipart/digest; boundary=\"b c\"\r\n\r\n--b c\r\n\r\nSubject: x\r\n\r\n--b c--\r\n",
    )  # fmt: skip
    mixed = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble"
        + b"".join(parts)
        + b"\r\n--b--\r\nepilogue"
    )
    return (header + b"\r\ntext\r\n", mixed, b"From: a@b.test\r\n" + mixed, html, b"\r\n", *spoken("smtp"))


def names() -> tuple[bytes, ...]:
    return (
        *(b"INBOX", b"inbox/Archive/2026", b"Entw&APw-rfe", b"&ZeVnLIqe-", "Entwürfe/日本語".encode(), b"%/*/a", b"a&-b"),
        *(b"alice@example.test", b'"a b"@example.test', "älice@münchen.test".encode(), b"a+b@[192.0.2.1]", b"<@r.test:a@b.test>"),
        *(b"a" * 64 + b"@" + b"b" * 63 + b".test", b"xn--mnchen-3ya.test", b"postmaster"),
    )  # fmt: skip


def proxy_headers() -> tuple[bytes, ...]:
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    four = bytes((192, 0, 2, 1, 192, 0, 2, 2, 1, 0, 0, 25))
    return (
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 25\r\nEHLO x\r\n",
        b"PROXY TCP6 2001:db8::1 2001:db8::2 1000 25\r\n",
        b"PROXY UNKNOWN whatever\r\n",
        signature + b"\x21\x11\0\x0c" + four + b"EHLO x\r\n",
        signature + b"\x21\x11\0\x14" + four + b"\x20\0\x05\x01\0\0\0\0",
        signature + b"\x21\x21\0\x24" + bytes(36),
        signature + b"\x20\0\0\0",
    )


def exchanges() -> tuple[bytes, ...]:
    """SASL: the mechanism's name, then a response a line."""
    return (
        b"PLAIN\n\0alice\0secret",
        b"PLAIN\nadmin\0alice\0secret",
        b"LOGIN\n\nalice\nsecret",
        b"EXTERNAL\nalice",
        b"SCRAM-SHA-256\nn,,n=alice,r=12345678\nc=biws,r=123456780123456789abcdefgh,p=" + b"A" * 43 + b"=",
        b"SCRAM-SHA-256\ny,a=admin,n=al=2Cice,r=12345678,x=1\nc=eSws,r=123456780123456789abcdefgh,p=AAAA",
    )


def documents() -> tuple[bytes, ...]:
    from postroom.settings.document import Settings

    whole = Settings().model_dump_json().encode()
    changes = (
        *(b"smtp.mx.port 26", b"smtp.server_name mail.example.test", b'smtp.relay_networks ["192.0.2.0/24", "2001:db8::/32"]'),
        *(b"imap_pop3.imaps.enabled off", b'security.tls_overrides {"imaps": "modern"}', b"smtp.max_message_size 70000"),
        *(b"limits.trusted_networks []", b"smtp.banner Postroom", b"network.interface lo", b"security.tls_profile old"),
    )  # fmt: skip
    return (whole, *changes)


def client_side() -> tuple[bytes, ...]:
    """What a server says to our SMTP client."""
    return spoken("smtp", "S")
