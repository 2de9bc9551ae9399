"""Messages of hostile shape (THREATS A5.1), by name: every door has to take them or refuse them, and every reader of ours to stand them."""

from __future__ import annotations

MEBIBYTE = 1 << 20
CT = b"Content-Type: "
MESSAGES = {
    "20,000 multiparts deep": b"".join(CT + b"multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(20_000)),
    "20,000 messages deep": (CT + b"message/rfc822\r\n\r\n") * 20_000 + b"x\r\n",
    "100,000 parts": CT + b"multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000,
    "no boundary": CT + b"multipart/mixed\r\n\r\n--x\r\n\r\nx\r\n",
    "empty boundary": CT + b'multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
    "boundary of 10 KB": CT + b"multipart/mixed; boundary=" + b"b" * 10_240 + b"\r\n\r\n--" + b"b" * 10_240 + b"\r\n\r\nx\r\n",
    "boundary with spaces": CT + b'multipart/mixed; boundary="b  "\r\n\r\n--b  \r\n\r\nx\r\n--b--\r\n',
    "prefix boundaries": CT + b"multipart/mixed; boundary=b\r\n\r\n--b\r\n" + CT + b"multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--bb--\r\n--b--\r\n",
    "self-similar boundaries": CT + b"multipart/mixed; boundary=----\r\n\r\n" + b"------\r\n" * 10_000,
    "mixed line ends": CT + b"multipart/mixed; boundary=b\n\r\n--b\n\nx\r--b\r\n\r\ny\r\n--b--",
    "no border": b"Subject: x\r\nno field\r\nFrom: a@b.test",
    "a 20 MB header": b"X: " + b"y" * (20 * MEBIBYTE) + b"\r\n\r\nx\r\n",
    "100,000 addresses": b"To: " + b",\r\n ".join(b"a%d@b.test" % n for n in range(100_000)) + b"\r\n\r\nx\r\n",
    "100,000 continuations": CT + b"text/plain" + b"".join(b";\r\n a*%d*=x" % n for n in range(100_000)) + b"\r\n\r\nx\r\n",
    "gaps and doubles": CT + b"text/plain; a*0*=utf-8''x; a*2=z; a*0=y; a*1*=%ZZ; a*999999999999=q; a*-1=r; a=plain\r\n\r\nx\r\n",
    "1 MB of encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 75_000 + b"\r\n\r\nx\r\n",
    "charsets that lie": b"Subject: =?utf-7?q?+ADw-script+AD4-?= =?hz?b?fn4=?= =?iso-2022-jp?b?GyRC?= =?x?q?=00?=\r\n" + CT + b"text/html; charset=unicode-1-1-utf-7\r\n\r\n+ADw-script+AD4-\r\n",
    "base64 with junk": CT + b"text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"a!GV=s@bG8=" * 1000 + b"\r\n",
    "quoted-printable that ends softly": CT + b"text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx=",
    "two encodings and two types": CT + b"text/plain\r\n" + CT + b"text/html\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\neA==\r\n",
    "year 0": b"Date: Mon, 00 Jan 0000 00:00:00 +9999\r\n\r\nx\r\n",
    "year 9999": b"Date: Fri, 31 Dec 9999 23:59:60 -9959\r\n\r\nx\r\n",
    "a negative year": b"Date: Fri, 31 Dec -1 23:59:60 -0000\r\n\r\nx\r\n",
    "Message-ID of 10 KB": b"Message-ID: <" + b"m" * 10_240 + b"@x>\r\n\r\nx\r\n",
    "10,000 references in a ring": b"Message-ID: <1@x>\r\nReferences:" + b"".join(b"\r\n <%d@x>" % (n % 100) for n in range(10_000)) + b"\r\n\r\nx\r\n",
}  # fmt: skip
