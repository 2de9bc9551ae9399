"""A notice reaches every watcher of its account, in this worker and in others, and nobody else."""

from __future__ import annotations

from pathlib import Path

from postroom.model.email import ChangeNotice
from postroom.notify.hub import Hub
from postroom.notify.local import SETTINGS, LocalBus


def test_the_hub_tells_watchers_of_the_account_until_they_stop() -> None:
    hub = Hub()
    heard: list[ChangeNotice] = []
    stop = hub.watch(1, heard.append)
    notice = ChangeNotice(1, 5, (2,))
    hub.publish(notice)
    hub.publish(ChangeNotice(2, 6, ()))
    stop()
    stop()
    hub.publish(ChangeNotice(1, 7, ()))
    assert heard == [notice]


def test_a_watcher_may_stop_another_while_it_is_told() -> None:
    hub = Hub()
    heard: list[str] = []
    stops = []
    stops.append(hub.watch(1, lambda notice: (heard.append("first"), stops[1]())))
    stops.append(hub.watch(1, lambda notice: heard.append("second")))
    hub.publish(ChangeNotice(1, 1, ()))
    hub.publish(ChangeNotice(1, 2, ()))
    assert heard.count("second") <= 1


def test_the_bus_carries_notices_between_processes(tmp_path: Path) -> None:
    one, two, three = LocalBus(tmp_path, "one"), LocalBus(tmp_path, "two"), LocalBus(tmp_path)
    heard: list[object] = []
    notice = ChangeNotice(7, 123, (1, 2))
    one.send_notice(notice)
    three.send(SETTINGS)
    two.receive(heard.append, lambda: heard.append("settings"))
    assert heard == [notice, "settings"]
    own: list[object] = []
    one.receive(own.append, lambda: own.append("settings"))
    assert own == ["settings"]
    for bus in (one, two, three):
        bus.close()
    assert list(tmp_path.glob("*.sock")) == []


def test_rubbish_on_the_bus_is_passed_over(tmp_path: Path) -> None:
    one, two = LocalBus(tmp_path, "one"), LocalBus(tmp_path, "two")
    one.send(b"\xff{not json")
    one.send(b'{"account_id": "x"}')
    heard: list[object] = []
    two.receive(heard.append, lambda: heard.append("settings"))
    assert heard == []
    one.close()
    two.close()


def test_a_new_process_is_found_and_a_dead_one_does_no_harm(tmp_path: Path) -> None:
    one, two = LocalBus(tmp_path, "one"), LocalBus(tmp_path, "two")
    one.send(SETTINGS)
    two.socket.close()
    one.send(SETTINGS)
    three = LocalBus(tmp_path, "three")
    heard: list[str] = []
    one.send(SETTINGS)
    three.receive(lambda notice: None, lambda: heard.append("settings"))
    assert heard == ["settings"]
    one.close()
    three.close()
