"""Charsets by their looks: what says none, or a wrong one, is read all the same where it can be told."""

from __future__ import annotations

import pytest

from postroom.message.fields import charsets
from postroom.message.fields.detection import detected

CHINESE = "请在星期五之前发送发票，谢谢！邮件服务器的设置已经完成。"
TAIWANESE = "請在星期五之前寄送發票，謝謝！郵件伺服器的設定已經完成。"
JAPANESE = "金曜日までに請求書を送ってください。メールサーバーの設定が完了しました。"
KOREAN = "금요일까지 청구서를 보내 주세요. 메일 서버 설정이 완료되었습니다."


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CHINESE, "gb18030"),
        (CHINESE, "utf-8"),
        (TAIWANESE, "big5"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "cp932"),
        (JAPANESE, "iso2022_jp"),
        (KOREAN, "cp949"),
        ("Re: " + JAPANESE + " (Postroom 1.0)", "cp932"),
    ],
)
@pytest.mark.parametrize("label", [None, "", "us-ascii", "x-nonsense", "iso-8859-1", "utf-8"])
def test_east_asian_text_without_its_label(text: str, codec: str, label: str | None) -> None:
    octets = text.encode(codec)
    if codec == "iso2022_jp" and label in ("iso-8859-1", "utf-8"):
        pytest.skip("ASCII is what its label says")
    assert charsets.decode(octets, label) == text


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Grüße aus Köln, schöne Straße über dem Fluß", "cp1252"),
        ("naïve café, élève où ça", "latin-1"),
        ("ÄÖÜ äöü ß", "cp1252"),
        ("Привет, мир! Проверка связи почтового сервера", "koi8-r"),
        ("Привет, мир! Проверка связи почтового сервера", "cp1251"),
        ("Καλημέρα κόσμε, δοκιμή του διακομιστή", "iso8859-7"),
        ("é", "latin-1"),
        ("", "ascii"),
        ("plain words", "ascii"),
    ],
)
def test_what_is_told_apart_no_other_way_stays(text: str, codec: str) -> None:
    assert detected(text.encode(codec)) == ""


def test_any_octets_are_read() -> None:
    for lead in range(256):
        for trail in range(0, 256, 5):
            octets = bytes((lead, trail)) * 5
            assert isinstance(charsets.guess(octets), str)
            assert isinstance(charsets.decode(octets, "utf-8"), str)
