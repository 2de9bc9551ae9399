"""/metrics: counters and gauges in the text format of Prometheus, by its own library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.admin.overview import Overview
from postroom.observe.meter import METRICS

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_STATES = {"ok": 0.0, "warning": 1.0, "error": 2.0}

GAUGES = {
    "postroom_queue_recipients": "Recipients that wait for other servers, those that are held among them.",
    "postroom_queue_held_recipients": "Recipients that are held.",
    "postroom_queue_oldest_seconds": "When the message that waits longest came (Unix time); 0 for none.",
    "postroom_connections": "Sessions that are logged in.",
    "postroom_accounts": "Accounts.",
    "postroom_domains": "Domains.",
    "postroom_storage_free_bytes": "Free octets of the disk that holds the data.",
    "postroom_storage_bytes": "Octets of that disk.",
    "postroom_mail_bytes": "Octets of the files of all accounts.",
    "postroom_indexed_messages": "Messages in the full-text index.",
    "postroom_index_waiting_messages": "Messages that wait to be indexed.",
    "postroom_index_bytes": "Octets of the index of all accounts.",
    "postroom_certificate_not_after_seconds": "The end of the default certificate (Unix time).",
    "postroom_health": "By check: 0 is well, 1 a warning, 2 an error.",
    "postroom_process_resident_bytes": "Memory of each process.",
    "postroom_process_restarts": "How often each process was replaced since the start.",
    "postroom_started_seconds": "The start of the server (Unix time).",
    "postroom_build_info": "Always 1; the version is a label.",
}
"""Name and help of each."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the answer is made from."""

    overview: Overview
    totals: Mapping[tuple[str, str], float]
    version: str


def exposition(sources: Sources) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collector(sources))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        for metric in METRICS:
            family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            if not metric.labels:
                family.add_metric([], self._sources.totals.get((metric.name, ""), 0.0))
            for (name, text), value in sorted(self._sources.totals.items()):
                if name == metric.name and text:
                    family.add_metric(_values(text), value)
            yield family
        yield from self._gauges()

    def _gauges(self) -> Iterator[Metric]:
        overview = self._sources.overview
        facts = overview.certificate.facts if overview.certificate is not None else None
        simple = {
            "postroom_queue_recipients": overview.counts["waiting"],
            "postroom_queue_held_recipients": overview.counts["held"],
            "postroom_queue_oldest_seconds": overview.oldest_waiting or 0,
            "postroom_connections": overview.connections,
            "postroom_accounts": overview.counts["accounts"],
            "postroom_domains": overview.counts["domains"],
            "postroom_storage_free_bytes": overview.storage.free,
            "postroom_storage_bytes": overview.storage.total,
            "postroom_mail_bytes": overview.storage.mail,
            "postroom_indexed_messages": overview.index.indexed,
            "postroom_index_waiting_messages": overview.index.waiting,
            "postroom_index_bytes": overview.index.size,
            "postroom_certificate_not_after_seconds": facts.not_after if facts is not None else None,
            "postroom_started_seconds": overview.server.since,
        }
        for name, value in simple.items():
            if value is not None:
                yield GaugeMetricFamily(name, GAUGES[name], value=value)
        health = _family("postroom_health", "check")
        for check in overview.health:
            health.add_metric([check.name], _STATES[check.state.value])
        yield health
        memory = _family("postroom_process_resident_bytes", "process")
        restarts = _family("postroom_process_restarts", "process")
        for one in overview.server.processes:
            name = f"{one.serves}-{one.index}"
            restarts.add_metric([name], one.restarts)
            if one.memory is not None:
                memory.add_metric([name], one.memory)
        yield memory
        yield restarts
        build = _family("postroom_build_info", "version")
        build.add_metric([self._sources.version], 1)
        yield build


def _family(name: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, GAUGES[name], labels=[label])


def _values(text: str) -> list[str]:
    """The values of labels as the meter writes them: `name="value",name="value"`."""
    found: list[str] = []
    current: list[str] = []
    inside = escaped = False
    for character in text:
        if not inside:
            inside = character == '"'
        elif escaped:
            current.append({"n": "\n"}.get(character, character))
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            found.append("".join(current))
            current.clear()
            inside = False
        else:
            current.append(character)
    return found
