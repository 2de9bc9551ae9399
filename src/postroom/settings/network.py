"""Service › Protocol › Network interface (SPEC 1.2)."""

from __future__ import annotations

from postroom.settings.page import Page, setting


class NetworkSettings(Page):
    interface: str = setting(
        "all",
        "Network interface",
        "The interface whose addresses the mail listeners bind to, or all; loopback stays.",
        max_length=64,
    )
