"""Health: each thing an administrator would want to hear of, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.admin.health import Known, checks, worst
from postroom.model.operation.health import InterfaceState, ListenerState, ProcessState, ServerState, State
from postroom.model.operation.indexing import IndexTotals
from postroom.model.security.certificate import CertificateFacts, KeptCertificate
from postroom.settings.document import Settings, changed

NOW = 1_800_000_000
DAY = 86_400
FACTS = CertificateFacts("CN=x", ("mail.example.test",), "CN=ca", NOW - DAY, NOW + 60 * DAY, False, "EC P-256", "00")
LISTENER = ListenerState("imaps", "0.0.0.0", 993, True)
WELL = Known(
    now=NOW,
    settings=Settings(),
    server=ServerState(NOW - DAY, 1, 0, [LISTENER], [ProcessState(1, 0, 0, NOW - DAY, "mail")]),
    disk=(100, 40, 60),
    interfaces=[InterfaceState("eth0", ["192.0.2.1"], True, False)],
    certificates=[KeptCertificate("default", FACTS)],
    orders=[],
    waiting=0,
    oldest_waiting=None,
    index=IndexTotals(3, 3, 0, 500, 0, 4096, 0.0),
)


def with_settings(**changes: object) -> Settings:
    return changed(Settings(), {path.replace("__", "."): value for path, value in changes.items()})


def test_all_is_well() -> None:
    found = checks(WELL)
    assert {check.state for check in found} == {State.OK}
    assert worst(found) is State.OK
    assert len({check.name for check in found}) == len(found)


@pytest.mark.parametrize(
    ("known", "name", "state", "word"),
    [
        (replace(WELL, settings=with_settings(search__paused=True), index=replace(WELL.index, waiting=7)), "search", State.WARNING, "7 messages wait"),
        (replace(WELL, settings=with_settings(search__paused=True)), "search", State.OK, "all is indexed"),
        (replace(WELL, settings=with_settings(search__enabled=False)), "search", State.OK, "turned off"),
        (replace(WELL, index=replace(WELL.index, waiting=900_000, per_second=10.0)), "search", State.WARNING, "25 hours"),
        (replace(WELL, index=replace(WELL.index, waiting=900_000, per_second=200.0)), "search", State.OK, "900000 messages wait"),
        (replace(WELL, server=replace(WELL.server, listeners=[replace(LISTENER, open=False, error="in use")])), "listeners", State.ERROR, "in use"),
        (replace(WELL, settings=with_settings(network__interface="eth0")), "interface", State.OK, "192.0.2.1"),
        (replace(WELL, settings=with_settings(network__interface="eth9")), "interface", State.ERROR, "not there"),
        (replace(WELL, settings=with_settings(network__interface="eth0"), interfaces=[InterfaceState("eth0", [], True, False)]), "interface", State.ERROR, "no address"),
        (replace(WELL, settings=with_settings(network__interface="eth0"), interfaces=[InterfaceState("eth0", ["192.0.2.1"], False, False)]), "interface", State.WARNING, "no link"),
        (replace(WELL, certificates=[]), "certificates", State.ERROR, "none"),
        (replace(WELL, certificates=[KeptCertificate("default", replace(FACTS, not_after=NOW - 1))]), "certificates", State.ERROR, "expired"),
        (replace(WELL, certificates=[KeptCertificate("default", replace(FACTS, not_after=NOW + 3 * DAY))]), "certificates", State.WARNING, "3 days"),
        (replace(WELL, certificates=[KeptCertificate("default", None, "no PEM")]), "certificates", State.ERROR, "no PEM"),
        (replace(WELL, certificates=[KeptCertificate("default", replace(FACTS, self_signed=True))]), "certificates", State.WARNING, "self-signed"),
        (replace(WELL, disk=(100, 95, 5)), "storage", State.WARNING, "5%"),
        (replace(WELL, disk=(100, 98, 2)), "storage", State.ERROR, "2%"),
        (replace(WELL, waiting=3, oldest_waiting=NOW - 60), "queue", State.OK, "3 wait"),
        (replace(WELL, waiting=3, oldest_waiting=NOW - 6 * 3600), "queue", State.WARNING, "6 hours"),
        (replace(WELL, waiting=3, settings=with_settings(relay__enabled=False)), "queue", State.WARNING, "turned off"),
        (replace(WELL, server=replace(WELL.server, processes=[ProcessState(1, 0, 2, NOW, "mail")])), "processes", State.WARNING, "2 times"),
        (replace(WELL, settings=with_settings(imap_pop3__prohibit_plaintext=False)), "passwords", State.WARNING, "not encrypted"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_told(known: Known, name: str, state: State, word: str) -> None:
    check = next(one for one in checks(known) if one.name == name)
    assert (check.state, word in check.text) == (state, True), check
    others = [one for one in checks(known) if one.name != name]
    assert {one.state for one in others} == {State.OK}
