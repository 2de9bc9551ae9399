"""Texts in many scripts, put together at random out of words and sentences, and queries cut out of them or changed a little."""

from __future__ import annotations

import base64
import html
import quopri
import random
import unicodedata
from dataclasses import dataclass

WORDS = {
    "en": [
        "the",
        "quick",
        "brown",
        "fox",
        "jumps",
        "over",
        "a",
        "lazy",
        "dog",
        "don't",
        "re-send",
        "invoices",
        "before",
        "Friday",
        "meeting",
        "schedule",
        "postroom",
        "e-mail",
        "server",
        "naïve",
        "café",
    ],
    "de": [
        "Straße",
        "Grüße",
        "Donaudampfschifffahrtsgesellschaft",
        "Überprüfung",
        "der",
        "Rechnung",
        "für",
        "März,",
        "Maß",
        "und",
        "Fuß;",
        "Ärger",
        "groß",
        "GROẞ",
        "süß",
    ],
    "ar": [
        "السلام",
        "عليكم",
        "مرحبا",
        "بكم",
        "في",
        "خادم",
        "البريد",
        "الإلكتروني",
        "كِتَابٌ",
        "مكتبة",
        "رسالة",
        "٢٠٢٦",
        "محمد",
    ],
    "ru": [
        "Привет",
        "мир",
        "почтовый",
        "сервер",
        "проверка",
        "связи",
        "ёлка",
        "Съешь",
        "ещё",
        "этих",
        "мягких",
        "французских",
        "булок",
    ],
    "hi": ["नमस्ते", "दुनिया", "हिन्दी", "में", "ईमेल", "क्षत्रिय", "विद्यार्थी"],
}
SENTENCES = {
    "zh-hans": ["全文检索永远不会出错。", "请在星期五之前发送发票，谢谢！", "邮件服务器设置（测试）", "我们的会议改到下午三点", "中华人民共和国"],
    "zh-hant": ["全文檢索永遠不會出錯。", "請在星期五之前寄送發票，謝謝！", "郵件伺服器設定（測試）", "臺灣繁體中文郵件", "會議改到下午三點"],
    "ja": ["全文検索は決して間違えません。", "ﾃﾞｰﾀﾍﾞｰｽのバックアップ", "か\u3099き\u3099く\u3099げごの結合文字", "東京都・大阪府　第１２回会議", "メールサーバーの設定をご確認ください", "サーバ"],
    "ko": ["전체 텍스트 검색은 틀리지 않습니다.", "\u1112\u1161\u11ab\u1100\u1173\u11af 자모", "금요일까지 청구서를 보내 주세요", "메일 서버 설정", "안녕하세요, 반갑습니다!"],
    "th": ["สวัสดีครับ ยินดีต้อนรับ", "เซิร์ฟเวอร์อีเมลของเรา", "ค้นหาข้อความภาษาไทย"],
    "km": ["សួស្តីពិភពលោក", "ម៉ាស៊ីនមេអ៊ីមែល"],
}  # fmt: skip
LANGUAGES = (*WORDS, *SENTENCES, "odd", "mixed")


def text(source: random.Random, language: str, pieces: int) -> str:
    """About so many words or sentences."""
    found: list[str] = []
    for _ in range(pieces):
        chosen = source.choice([*WORDS, *SENTENCES, "odd"]) if language == "mixed" else language
        if chosen == "odd":
            found.append(odd(source))
        elif chosen in WORDS:
            word = source.choice(WORDS[chosen])
            found.append(source.choice([word, word, word.upper(), unicodedata.normalize("NFD", word)]))
        else:
            found.append(source.choice(SENTENCES[chosen]))
    return "".join(part + source.choice([" ", " ", " ", "", ", ", "\r\n", "-", "　", "/"]) for part in found)


def odd(source: random.Random) -> str:
    """What is no word: numbers, identifiers, signs, full-width Latin, long runs, emoji."""
    return source.choice([
        str(source.randrange(10 ** source.randrange(1, 12))),
        f"{source.randrange(1 << 40):x}",
        "ＡＢＣ" + str(source.randrange(100)),
        "x" * source.randrange(20, 40),
        "".join(source.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(source.randrange(1, 30))),
        "😀👍🏽", "!!", "@", "C++", "a_b", "50%", "№7", "ﬁn", "\u00adsoft\u00adhyphen", "１２３", "①", "㌔", "http://example.test/a?b=c",
    ])  # fmt: skip


def query(source: random.Random, drawn_from: str, length: int) -> str:
    """Of so many characters: cut out of a text, or near it."""
    if not drawn_from:
        return source.choice(["a", "検索", "0"])
    start = source.randrange(max(len(drawn_from) - length, 0) + 1)
    found = drawn_from[start : start + length]
    kind = source.random()
    if kind < 0.6:
        return found
    if kind < 0.7:
        return source.choice(
            [found.upper(), found.lower(), unicodedata.normalize("NFD", found), unicodedata.normalize("NFKC", found)]
        )
    at = source.randrange(len(found)) if found else 0
    changed = source.choice(["", " ", "a", "会", "の", "한", "-", drawn_from[source.randrange(len(drawn_from))]])
    return found[:at] + changed + found[at + 1 :]


CHARSETS = {
    "en": ("us-ascii", "iso-8859-1", "utf-8", "utf-16"),
    "de": ("iso-8859-1", "windows-1252", "iso-8859-15", "utf-8"),
    "ar": ("iso-8859-6", "windows-1256", "utf-8"),
    "ru": ("koi8-r", "windows-1251", "iso-8859-5", "utf-8"),
    "hi": ("utf-8",),
    "zh-hans": ("gb18030", "gbk", "gb2312", "utf-8"),
    "zh-hant": ("big5", "big5-hkscs", "utf-8"),
    "ja": ("iso-2022-jp", "shift_jis", "euc-jp", "utf-8"),
    "ko": ("euc-kr", "cp949", "iso-2022-kr", "utf-8"),
    "th": ("tis-620", "windows-874", "utf-8"),
    "km": ("utf-8",),
    "odd": ("utf-8",),
    "mixed": ("utf-8", "gb18030"),
}


_CODEC = {"windows-874": "cp874"}
_TOLD_BY_LOOKS = ("iso-2022-jp", "shift_jis", "euc-jp", "euc-kr", "cp949", "gb2312", "gb18030", "big5")


@dataclass(frozen=True)
class Mail:
    """A message, and what somebody typed into it."""

    octets: bytes
    subject: str
    body: str


def mail(source: random.Random, language: str) -> Mail:
    """In one of the language's charsets where that has every character, with the ways that mail is written in the world."""
    subject = " ".join(text(source, language, 3).split())
    body = text(source, language, source.randrange(1, 12))
    charset = source.choice(CHARSETS[language])
    try:
        encoded = body.encode(_CODEC.get(charset, charset))
    except UnicodeEncodeError:
        charset, encoded = "utf-8", body.encode()
    label = charset
    told_by_looks = charset == "utf-8" or (language != "mixed" and charset in _TOLD_BY_LOOKS)
    if told_by_looks and source.random() < 0.3 and len(encoded) > 60 and not encoded.isascii():
        label = source.choice(["", "us-ascii", "x-unknown"])  # wrong or missing: what it is shows in the octets
    if source.random() < 0.2:
        encoded = f"<html><head><style>p {{}}</style></head><body><p>{html.escape(body)}</p></body></html>".encode(
            _CODEC.get(charset, charset)
        )
        kind = "html"
    else:
        kind = "plain"
    parameter = f"; charset={label}" if label else ""
    if charset == "utf-16" or source.random() < 0.5:
        encoding, payload = "base64", base64.encodebytes(encoded)
    else:
        encoding, payload = source.choice([("8bit", encoded), ("quoted-printable", quopri.encodestring(encoded))])
    fields = (
        f"Subject: {encoded_words(source, subject)}\r\nFrom: sender@example.test\r\nContent-Type: text/{kind}{parameter}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return Mail(fields.encode() + payload, subject, body)


def encoded_words(source: random.Random, value: str) -> str:
    """RFC 2047 words of UTF-8, now and then broken inside a character, as programs send them."""
    octets = value.encode()
    found: list[str] = []
    while octets:
        cut = source.randrange(10, 40)
        if source.random() < 0.5:
            while cut < len(octets) and octets[cut] & 0xC0 == 0x80:
                cut += 1
        found.append("=?utf-8?b?" + base64.b64encode(octets[:cut]).decode() + "?=")
        octets = octets[cut:]
    return "\r\n ".join(found)
