"""Encoded words and charsets: the examples of RFC 2047 §8, mailers' mistakes, attacks."""

import base64

import pytest

from postroom.message import limits
from postroom.message.fields.charsets import codec_of, decode
from postroom.message.fields.words import decode as decode_words
from postroom.message.fields.words import decode_base64


def word(charset: str, raw: bytes) -> bytes:
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(raw) + b"?="


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"),
        (b"=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"),
        (b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\t=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
         "If you can read this you understand the example."),
        (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
        (b"(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        (b"=?utf-8*en?q?x?=", "x"),
        (b"=?utf-8?q?a b?=", "a b"),
        (b"=?unknown?q?=C3=A4?=", "ä"),
        (b"=?utf-8?x?a?= =?utf-8?q?open", "=?utf-8?x?a?= =?utf-8?q?open"),
        (b"=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=", "=?utf-8?q?x?="),
        (b"=?utf-8?b?YQ?= =?utf-8?b?Y*Q==?=", "aa"),
    ],
)  # fmt: skip
def test_words(value: bytes, expected: str) -> None:
    assert decode_words(value) == expected


def test_a_character_cut_in_two_words() -> None:
    raw = "漢字".encode()
    assert decode_words(word("UTF-8", raw[:2]) + b" " + word("utf-8", raw[2:])) == "漢字"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("ISO-2022-JP", "日本語テキスト"), ("Shift_JIS", "日本語①"), ("EUC-JP", "日本語"), ("EUC-KR", "한국어"),
        ("ks_c_5601-1987", "한국어똠"), ("CP949", "한국어"), ("GB18030", "中文𠀀"), ("gb2312", "中文"), ("Big5", "中文"),
        ("windows-1251", "Привет"), ("koi8-r", "Привет"), ("utf-16", "ab漢"),
    ],
)  # fmt: skip
def test_charsets(charset: str, text: str) -> None:
    assert decode_words(word(charset, text.encode(codec_of(charset)))) == text


def test_header_injection_becomes_a_space() -> None:
    assert decode_words(b"=?utf-8?q?a=0d=0aBcc:_b?=") == "a  Bcc: b"
    assert decode_words(b"=?utf-8?b?4oCo?=x\x07y") == " x y"


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "unicode-1-1-utf-7",
        "hz",
        "rot13",
        "unicode_escape",
        "idna",
        "a" * 99,
    ],
)
def test_refused_labels_are_shown_as_they_are(label: str) -> None:
    assert codec_of(label) == ""
    assert decode(b"+ADw-script+AD4- \\x41", label) == "+ADw-script+AD4- \\x41"


def test_lies() -> None:
    assert decode(b"\xff\xfe\xfd", "utf-8") == "\ufffd\ufffd\ufffd"
    assert decode("ä".encode(), "us-ascii") == "ä"
    assert decode(b"\xe4", None) == "ä"
    assert decode(b"\x81", "iso-8859-1") == "\x81"


def test_raw_bytes_take_the_charset_of_the_message() -> None:
    assert decode_words("中文".encode("gb18030"), "gb2312") == "中文"
    assert decode_words("中文".encode(), "gb2312") == "中文"


def test_a_megabyte_of_words_is_cut() -> None:
    assert len(decode_words(b"=?utf-8?q?a?= " * 80_000)) <= limits.ENCODED_TEXT


def test_base64_with_junk() -> None:
    assert decode_base64(b"aGVs\r\nbG8=\r\n") == b"hello"
    assert decode_base64(b"aG*Vs bG8") == b"hello"
    assert decode_base64(b"aGVsbG8=aGVsbG8=") == b"hellohello"
    assert decode_base64(b"aGVsb") == b"hel"
    assert decode_base64(b"=") == decode_base64(b"") == b""
