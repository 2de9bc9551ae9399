"""What the console's pages know of the settings is what the settings are: the list that their tests use, and the translations."""

from __future__ import annotations

import json

import pytest
from tools import console_settings

from house.tree import ROOT
from postroom.settings import description
from postroom.settings.document import Settings

MESSAGES = ROOT / "ui" / "console" / "src" / "messages"
PATHS = {field.path for page in description.pages(Settings()) for field in page.fields}


def test_the_list_of_settings_is_up_to_date() -> None:
    assert console_settings.FILE.read_text("utf-8") == console_settings.content(), "run: make docs"


@pytest.mark.parametrize("language", ["zh-CN", "ja", "ko"])
def test_every_setting_is_translated_and_no_other(language: str) -> None:
    keys: set[str] = set()
    for file in (MESSAGES / language).glob("*.json"):
        keys |= {key for key in json.loads(file.read_text("utf-8")) if key.startswith("setting.")}
    titles = {key.removeprefix("setting.") for key in keys if not key.endswith(".help")}
    helps = {key.removeprefix("setting.").removesuffix(".help") for key in keys if key.endswith(".help")}
    assert len(titles) > 80
    assert titles == PATHS
    assert helps == {path for path in PATHS if not path.endswith(".port") or path.count(".") == 1}
