"""Service › Protocol › Full-text search (SPEC 1.4)."""

from __future__ import annotations

from postroom.settings.page import Page, setting


class SearchSettings(Page):
    enabled: bool = setting(True, "Enable full-text search", "Index the content of every message in the background.")
    cjk_characters: bool = setting(
        True,
        "Allow character search for Chinese, Japanese and Korean mail",
        "On: found by any run of characters. Off: by words.",
    )
    paused: bool = setting(
        False,
        "Pause indexing",
        "New mail waits to be indexed. A search indexes what it needs first, so that nothing is missed.",
    )
