"""What the guides promise is there: every event of the log is explained, every setting and page they name exists."""

from __future__ import annotations

import re

from house.tree import ROOT, modules
from postroom.model.errors import Malformed
from postroom.settings import document
from postroom.settings.document import Settings

GUIDES = sorted((ROOT / "docs" / "guide").glob("*.md"))
_EVENT = re.compile(r'\blog\.(?:info|warning|error|exception)\(\s*"([^"]+)"')
_SETTING = re.compile(
    r"`((?:smtp|imap_pop3|limits|checks|security|network|search|sending|relay|certificates|console)\.[a-z0-9_.]+)`"
)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def test_every_event_of_the_log_is_explained() -> None:
    text = (ROOT / "docs" / "guide" / "troubleshooting.md").read_text("utf-8")
    events = {event for path in modules() for event in _EVENT.findall(path.read_text("utf-8"))}
    assert len(events) > 30
    assert sorted(event for event in events if f"`{event}`" not in text) == []


def test_every_setting_that_is_named_is_there() -> None:
    named = {name for guide in GUIDES for name in _SETTING.findall(guide.read_text("utf-8"))}
    assert len(named) > 5
    wrong = []
    for name in named:
        try:
            document.get(Settings(), name)
        except Malformed:
            wrong.append(name)
    assert wrong == []


def test_every_link_leads_somewhere() -> None:
    pages = [*GUIDES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / "reference").glob("*.md")]
    dead = [
        f"{page.name}: {target}"
        for page in pages
        for target in _LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []
