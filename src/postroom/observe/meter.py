"""Meter: counts what the log tells, so that a line and its metric never differ.

A processor of the log, in front of the one that drops floods: what is too often to be written is counted all the same. Each process counts for itself and
writes its sums down every few seconds (`app/metering.py`); the console adds them up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import structlog


@dataclass(frozen=True, slots=True)
class Metric:
    """A counter: lines of `event` that have all `labels` (of which the values are few), and `needs` besides."""

    name: str
    help: str
    event: str
    labels: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    adds: str = ""
    """A key whose number is added, instead of 1."""
    flow: str = ""
    """What the hourly chart calls it; empty: it is not in it."""


METRICS = (
    Metric("postroom_messages_accepted", "Messages taken with a 250.", "message accepted", ("source",), flow="received"),
    Metric("postroom_message_bytes_accepted", "Octets of them.", "message accepted", ("source",), adds="size"),
    Metric("postroom_smtp_refusals", "Commands and messages refused by SMTP.", "refused", ("meaning",), flow="rejected"),
    Metric("postroom_mail_checked", "Messages of other servers by what the checks decided.", "message checked", ("verdict",)),
    Metric("postroom_recipients_sent", "Recipients whose next hop took the message.", "sent", flow="sent"),
    Metric("postroom_recipients_deferred", "Attempts after which a recipient waits.", "waits", flow="deferred"),
    Metric("postroom_recipients_refused", "Recipients refused for good by their next hop.", "refused", needs=("queue_id",), flow="bounced"),
    Metric("postroom_recipients_expired", "Recipients given up after too long.", "given up", needs=("queue_id",), flow="bounced"),
    Metric("postroom_logins", "Logins that succeeded.", "login", ("protocol",)),
    Metric("postroom_login_failures", "Wrong names, passwords or codes.", "login failed", ("protocol",)),
    Metric("postroom_connections_refused", "Connections over a limit.", "too many connections", ("door",)),
    Metric("postroom_tls_failures", "Connections on which no TLS came about.", "no TLS", ("door",)),
    Metric("postroom_messages_not_indexed", "Messages that could not be read for the index.", "message not indexed"),
    Metric("postroom_attachments_unread", "Attachments that gave no text to the index.", "attachment not read", ("kind",)),
    Metric("postroom_indexes_thrown_away", "Indexes that were damaged or outdated, and made anew.", "index thrown away"),
    Metric("postroom_request_failures", "Requests to the console that ended in a fault of ours.", "request failed"),
)  # fmt: skip


class Meter:
    """One per process; `reset` after a fork."""

    def __init__(self) -> None:
        self._by_event: dict[str, list[Metric]] = {}
        for metric in METRICS:
            self._by_event.setdefault(metric.event, []).append(metric)
        self.totals: Counter[tuple[str, str]] = Counter()
        """By name and labels as the exposition format writes them."""
        self.flow: Counter[str] = Counter()
        """Since it was last taken."""

    def __call__(self, logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        for metric in self._by_event.get(str(event.get("event")), ()):
            if all(name in event for name in (*metric.labels, *metric.needs)):
                labels = ",".join(f'{name}="{_quoted(event[name])}"' for name in metric.labels)
                amount = event.get(metric.adds, 0) if metric.adds else 1
                self.totals[metric.name, labels] += amount if isinstance(amount, int) else 0
                if metric.flow:
                    self.flow[metric.flow] += 1
        return event

    def reset(self) -> None:
        self.totals.clear()
        self.flow.clear()

    def take_flow(self) -> dict[str, int]:
        """What has come since the last time."""
        taken = dict(self.flow)
        self.flow.clear()
        return taken


def _quoted(value: object) -> str:
    return str(value)[:60].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
