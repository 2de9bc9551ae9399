"""The meter counts what the log tells, floods too, and its labels come back as they were."""

from __future__ import annotations

import pytest

from postroom.admin.overview import Overview
from postroom.model.operation.health import HealthCheck, ServerState, State, Storage
from postroom.model.operation.indexing import IndexTotals
from postroom.observe.logs import Flood
from postroom.observe.meter import METRICS, Meter
from postroom.servers.adminapi import metrics


def test_a_line_is_counted_by_its_labels() -> None:
    meter = Meter()
    for source in ("smtp", "smtp", "submission"):
        event = {"event": "message accepted", "source": source, "size": 100, "count": 1}
        assert meter(None, "info", event) is event
    meter(None, "info", {"event": "something else"})
    assert meter.totals["postroom_messages_accepted", 'source="smtp"'] == 2
    assert meter.totals["postroom_message_bytes_accepted", 'source="submission"'] == 100
    assert meter.take_flow() == {"received": 3} and meter.take_flow() == {}


def test_refusals_of_commands_and_of_next_hops_are_told_apart() -> None:
    meter = Meter()
    meter(None, "info", {"event": "refused", "meaning": "relay denied"})
    meter(None, "warning", {"event": "refused", "queue_id": 5, "status": "5.1.1"})
    meter(None, "warning", {"event": "refused", "reason": "of another door"})
    assert dict(meter.totals) == {
        ("postroom_smtp_refusals", 'meaning="relay denied"'): 1,
        ("postroom_recipients_refused", ""): 1,
    }


def test_a_flood_is_counted_though_it_is_not_written() -> None:
    import structlog

    meter, flood = Meter(), Flood(lambda: 0.0)
    dropped = 0
    for _ in range(5000):
        try:
            flood(None, "info", meter(None, "info", {"event": "login failed", "protocol": "imap"}))
        except structlog.DropEvent:
            dropped += 1
    assert dropped > 0
    assert meter.totals["postroom_login_failures", 'protocol="imap"'] == 5000


def test_names_are_those_of_the_field() -> None:
    names = [metric.name for metric in METRICS] + list(metrics.GAUGES)
    assert len(names) == len(set(names))
    for name in names:
        assert name.startswith("postroom_") and name == name.lower() and not name.endswith("_total")


ODD = 'a"b\\c\nd,e="f"'


@pytest.mark.parametrize("verdict", ["accept", ODD])
def test_the_exposition_says_what_was_counted(verdict: str) -> None:
    meter = Meter()
    meter(None, "info", {"event": "message checked", "verdict": verdict})
    server = ServerState(5, 1, 0, [], [])
    checks = [HealthCheck("queue", "Queue", State.WARNING, "text", "/queue")]
    counts = {"accounts": 3, "domains": 1, "groups": 0, "waiting": 7, "held": 2}
    overview = Overview(
        checks, 0, {}, counts, None, Storage(10, 4, 6, None), None, server, 4, IndexTotals(3, 3, 1, 40, 5, 600, 2.5)
    )
    text = metrics.exposition(metrics.Sources(overview, meter.totals, "1.2")).decode()
    escaped = verdict.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    assert f'postroom_mail_checked_total{{verdict="{escaped}"}} 1.0' in text
    assert "postroom_queue_recipients 7.0" in text and "postroom_queue_held_recipients 2.0" in text
    assert "postroom_indexed_messages 40.0" in text and "postroom_index_waiting_messages 5.0" in text
    assert "postroom_index_bytes 600.0" in text
    assert 'postroom_health{check="queue"} 1.0' in text and 'postroom_build_info{version="1.2"} 1.0' in text
    assert "postroom_mail_bytes" not in text, "what is not known yet is not told"
    assert "postroom_recipients_sent_total 0.0" in text, "counters are there before the first"
