"""The text of PDF runs on where a page's lines end within a word."""

from __future__ import annotations

import pytest

from postroom.index.extract.pdf import running


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("einen mitt\x02leren Wert", "einen mittleren Wert"),
        ("GNU/Linux\x02Distribution", "GNU/Linux-Distribution"),
        ("MITT\x02LEREN", "MITTLEREN"),
        ("2026\x0211", "2026-11"),
        ("\x02", "-"),
        ("全文\r\n検索です。\nかな", "全文検索です。かな"),
        ("全文\r\nPDF\r\n検索", "全文\r\nPDF\r\n検索"),
        ("운영 체제를\r\n처음", "운영 체제를\r\n처음"),
        ("two\r\nlines", "two\r\nlines"),
        ("", ""),
    ],
)  # fmt: skip
def test_lines_of_a_page(page: str, text: str) -> None:
    assert running(page) == text
