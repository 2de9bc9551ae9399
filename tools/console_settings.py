"""Writes down what the admin API says of every setting, for the tests of the console's pages: ui/console/test/settings.json.

`make docs` calls it; a house test says when the file is out of date.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from postroom.settings import description
from postroom.settings.document import Settings

FILE = Path(__file__).resolve().parent.parent / "ui" / "console" / "test" / "settings.json"


def content() -> str:
    """Each page with its fields, as GET /settings of a fresh server has them."""
    pages = [
        {
            "name": page.name,
            "title": page.title,
            "fields": [_renamed(asdict(field)) for field in page.fields],
        }
        for page in description.pages(Settings())
    ]
    return json.dumps(pages, indent=1, ensure_ascii=False, default=list) + "\n"


def _renamed(field: dict[str, object]) -> dict[str, object]:
    kind = field.pop("kind")
    return {**field, "type": kind}


def main() -> int:
    FILE.write_text(content(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
