"""ENVELOPE and BODYSTRUCTURE: the examples of the standards, and what must not break a client."""

from imap_values import parse_value
from postroom.message import limits, structure
from postroom.message.entities import scan
from postroom.message.headers import Header

# RFC 3501 §8
EXAMPLE_HEADER = b"""\
Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r
From: Terry Gray <gray@cac.washington.edu>\r
Subject: IMAP4rev1 WG mtg summary and minutes\r
To: imap@cac.washington.edu\r
cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r
Message-Id: <B27397-0100000@cac.washington.edu>\r
MIME-Version: 1.0\r
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r
\r
"""
EXAMPLE_ENVELOPE = (
    b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
    b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
    b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
    b'"<B27397-0100000@cac.washington.edu>")'
)


def forms(message: bytes) -> structure.BodyForms:
    return structure.body_forms(scan(message))


def test_the_envelope_of_the_standard() -> None:
    assert structure.envelope(Header(EXAMPLE_HEADER)) == EXAMPLE_ENVELOPE


def test_the_body_of_the_standard() -> None:
    # RFC 3501 §8 shows 3,028 octets in 92 lines, encoding in capitals
    message = EXAMPLE_HEADER + b"x\r\n" * 91 + b"y" * (3028 - 275) + b"\r\n"
    assert forms(message).plain == b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7bit" 3028 92)'


def test_the_two_part_body_of_the_standard() -> None:
    # RFC 3501 §7.4.2
    first = b"a\r\n" * 22 + b"x" * (1152 - 66 - 2) + b"\r\n"
    second = b"b\r\n" * 72 + b"x" * (4554 - 216 - 2) + b"\r\n"
    message = (
        b"Content-Type: MULTIPART/MIXED; boundary=q\r\n\r\n--q\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
        b"Content-Transfer-Encoding: 7BIT\r\n\r\n" + first + b"\r\n--q\r\n"
        b'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME="cc.diff"\r\n'
        b"Content-ID: <960723163407.20117h@cac.washington.edu>\r\nContent-Description: Compiler diff\r\n"
        b"Content-Transfer-Encoding: BASE64\r\n\r\n" + second + b"\r\n--q--\r\n"
    )
    assert forms(message).plain == (
        b'(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)'
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" '
        b'"Compiler diff" "BASE64" 4554 73) "MIXED")'
    )


def test_groups_and_defaults_of_the_envelope() -> None:
    header = Header(b"From: a@b.c\r\nSender: \r\nTo: Friends: x@y.z;\r\nReply-To: r@s.t\r\n\r\n")
    assert structure.envelope(header) == (
        b'(NIL NIL ((NIL NIL "a" "b.c")) ((NIL NIL "a" "b.c")) ((NIL NIL "r" "s.t")) '
        b'((NIL NIL "Friends" NIL)(NIL NIL "x" "y.z")(NIL NIL NIL NIL)) NIL NIL NIL NIL)'
    )


def test_strings() -> None:
    assert structure.string(b'a"b\\c') == b'"a\\"b\\\\c"'
    assert structure.string(b"a\r\nb\x00c") == b'"a  bc"'
    assert structure.string("ä\n".encode()) == b"{3}\r\n\xc3\xa4 "
    assert structure.string(b"") == b'""'


def test_extension_data() -> None:
    message = (
        b"Content-Type: image/png; name=x.png\r\nContent-MD5: Q2hlY2s=\r\nContent-Language: en, de\r\n"
        b'Content-Location: http://example.test/\r\nContent-Disposition: attachment; filename="a b.png"; size=3\r\n'
        b"Content-Transfer-Encoding: base64 (so it is)\r\n\r\nAAAA"
    )
    assert forms(message).extended == (
        b'("image" "png" ("name" "x.png") NIL NIL "base64" 4 "Q2hlY2s=" '
        b'("attachment" ("filename" "a b.png" "size" "3")) ("en" "de") "http://example.test/")'
    )
    assert forms(b"Content-Disposition: inline\r\n\r\n").extended == (
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL ("inline" NIL) NIL NIL)'
    )


def test_a_forwarded_message() -> None:
    message = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello\r\n"
    assert forms(message).plain == (
        b'("message" "rfc822" NIL NIL NIL "7bit" 22 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) '
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1) 3)'
    )


def test_a_multipart_without_parts_shows_an_empty_one() -> None:
    assert forms(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing").plain == (
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed")'
    )


def test_past_the_bounds_are_octets() -> None:
    assert (
        forms(b"Content-Type: multipart/mixed\r\n\r\nx").plain == b'("application" "octet-stream" NIL NIL NIL "7bit" 1)'
    )


def test_response_injection() -> None:
    header = b'Subject: a\r\n\r\n" NIL) * OK\r\n'
    message = (
        b'Subject: "x\x00\r\n \rA OK\xff)\r\nFrom: "a\\"\xe9" <b"c@d)>\r\n'
        b'Content-Type: text/plain; name="a\r\n \x00b\xe4\\""\r\nContent-ID: (\r\n\r\n' + header
    )
    assert len(parse_value(structure.envelope(scan(message).header))) == 10
    body = parse_value(forms(message).extended)
    assert body[:3] == [b"text", b"plain", [b"name", b'a b\xe4"', b"charset", b"us-ascii"]]


def test_a_hundred_thousand_addresses() -> None:
    header = Header(b"To: " + b"a@b.c, " * 100_000 + b"\r\n\r\n")
    assert len(parse_value(structure.envelope(header))[5]) == limits.ADDRESSES
