"""Counting what a session costs."""

from __future__ import annotations

import asyncio

import pytest

from postroom.servers.smtp.patience import Patience, PatienceLimits

LIMITS = PatienceLimits(
    errors=2, idle_free=1, idle_most=3, idle_delay=7, unknown_free=1, unknown_most=3, unknown_delay=9
)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays that were asked for."""
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return delays


async def test_errors_end_the_session() -> None:
    patience = Patience(LIMITS, trusted=True)
    assert [patience.mistake() is None for _ in range(4)] == [True, True, False, False]


async def test_idle_commands_wait_then_end(slept: list[float]) -> None:
    patience = Patience(LIMITS, trusted=False)
    assert [await patience.idle_command() is None for _ in range(4)] == [True, True, True, False]
    assert slept == [7, 7]


async def test_mail_makes_idle_commands_free_again(slept: list[float]) -> None:
    patience = Patience(LIMITS, trusted=False)
    for _ in range(5):
        assert await patience.idle_command() is None
        patience.message_accepted()
    assert slept == []


async def test_unknown_recipients_wait_then_end(slept: list[float]) -> None:
    patience = Patience(LIMITS, trusted=False)
    replies = [await patience.unknown_recipient() for _ in range(4)]
    assert [reply is None for reply in replies] == [True, True, True, False]
    assert slept == [9, 9]


async def test_trusted_peers_do_not_wait_but_end(slept: list[float]) -> None:
    patience = Patience(LIMITS, trusted=True)
    replies = [await patience.unknown_recipient() for _ in range(4)]
    assert replies[3] is not None and replies[3].code == 421
    assert slept == []
