"""Random messages between us and the library that everybody has used: what one signs the other verifies, and what has been changed neither does."""

from __future__ import annotations

import time
from typing import Any

import dkim as dkimpy
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from dns_zone import FakeResolver
from mail_keys import NOW, published, rsa_key
from postroom.mailauth.arc.seal import seal
from postroom.mailauth.arc.verify import ArcStatus
from postroom.mailauth.arc.verify import verify as verify_arc
from postroom.mailauth.dkim.sign import FORM, sign
from postroom.mailauth.dkim.verify import DkimStatus, verify
from postroom.mailauth.stream import read_message

KEY = rsa_key()
ZONE: dict[str, Any] = published(KEY)
PEM = KEY.private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())  # type: ignore[union-attr]

# what canonicalisation is about: blanks and folds within lines, at their ends, and lines of nothing else
VALUES = st.text("ab :;=\t<>@.\u00e9", max_size=40).map(lambda text: text.strip() or "x")
FOLDED = st.lists(VALUES, min_size=1, max_size=3).map("\r\n ".join)
NAMES = st.sampled_from(["Subject", "To", "Cc", "X-Odd", "x-odd", "Date", "Reply-To"])
FIELDS = st.lists(st.tuples(NAMES, st.sampled_from([":", ": ", ":  ", ":\t"]), FOLDED), max_size=6)
BODIES = st.lists(st.text("ab \t.=\u00e9", max_size=30), max_size=8).map(
    lambda lines: "".join(f"{line}\r\n" for line in lines)
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    fields = "".join(f"{name}{colon}{value}\r\n" for name, colon, value in draw(FIELDS))
    author = draw(st.sampled_from(["From: a@example.test\r\n", "from:\tA B <a@example.test> \r\n"]))
    return (author + fields + "\r\n" + draw(BODIES)).encode()


def text(name: bytes, timeout: int = 5) -> bytes:
    held = ZONE.get(name.decode().removesuffix("."))
    return str(held["TXT"][0]).encode() if held else b""


def signed(message: bytes) -> bytes:
    read = read_message(message, [FORM])
    body_hash = read.body_hash(FORM)
    assert body_hash is not None
    return sign(read.header, body_hash, [KEY], now=NOW) + message


@settings(max_examples=60, deadline=None)
@given(messages())
def test_what_we_sign_dkimpy_verifies(message: bytes) -> None:
    out = signed(message)
    assert dkimpy.verify(out, dnsfunc=text)
    assert not dkimpy.verify(out + b"more\r\n", dnsfunc=text)


@settings(max_examples=60, deadline=None)
@given(messages(), st.sampled_from([b"simple", b"relaxed"]), st.sampled_from([b"simple", b"relaxed"]))
async def test_what_dkimpy_signs_we_verify(message: bytes, header_form: bytes, body_form: bytes) -> None:
    field = dkimpy.sign(message, KEY.selector.encode(), b"example.test", PEM, canonicalize=(header_form, body_form))
    now = int(time.time())
    (found,) = await verify(read_message(field + message), FakeResolver(ZONE), now)
    assert (found.status, found.reason) == (DkimStatus.PASS, "")
    (changed,) = await verify(read_message(field + message + b"more\r\n"), FakeResolver(ZONE), now)
    assert changed.status is DkimStatus.FAIL


@settings(max_examples=40, deadline=None)
@given(messages())
async def test_what_we_seal_dkimpy_and_we_verify(message: bytes) -> None:
    read = read_message(message, [FORM])
    before = await verify_arc(read, FakeResolver(ZONE))
    out = seal(read, before, KEY, "mx.example.test", [], NOW) + message
    assert dkimpy.arc_verify(out, dnsfunc=text)[0] == b"pass"
    assert (await verify_arc(read_message(out), FakeResolver(ZONE))).status is ArcStatus.PASS
    assert dkimpy.arc_verify(out + b"more\r\n", dnsfunc=text)[0] == b"fail"
