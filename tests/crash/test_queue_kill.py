"""The queue under kill -9 (THREATS D11): nothing is lost, at most one duplicate for each recipient in flight and kill, each report once."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from pathlib import Path

from far_servers import FarServers, Sink, far_servers
from whole import WholeServer, messages, postroom

ZONE = {"far.test": {"MX": ["10 mx.far.test"]}, "mx.far.test": {"A": ["127.0.0.1"]}}
ROUNDS = 50 if os.environ.get("POSTROOM_SOAK") else 4
EACH = 30  # recipients of a round
IN_FLIGHT = 10  # five connections to a host, and their successors within one kill
DEADLINE = 60.0


def set_up(server: WholeServer, far: FarServers) -> None:
    server.set_up()
    server.start()
    for path, value in far.settings.items():
        server.set(path, value)


def submit(server: WholeServer, names: list[str]) -> list[str]:
    """Those that were acknowledged before the server died."""
    done = []
    try:
        client = server.submission()
        for name in names:
            client.sendmail("alice@example.test", [name], f"Subject: {name}\r\n\r\nx\r\n".encode())
            done.append(name)
        client.quit()
    except OSError:
        pass
    return done


def wait_until_empty(server: WholeServer) -> None:
    end = time.monotonic() + DEADLINE
    while "Nothing waits." not in postroom(server.data, "queue", "list").stdout:
        assert time.monotonic() < end, postroom(server.data, "queue", "list").stdout
        time.sleep(0.3)


def test_killed_at_any_moment_nothing_is_lost_and_little_comes_twice(tmp_path: Path) -> None:
    chance = random.Random(7)
    sink = Sink(answer=lambda name: "550 5.1.1 nobody" if name.startswith("gone") else "250 ok")
    acknowledged: list[str] = []
    with far_servers(ZONE, sink) as far:
        server = WholeServer(tmp_path / "data")
        set_up(server, far)
        try:
            for number in range(ROUNDS):
                names = [f"{'r' if count % 5 else 'gone'}{number}-{count}@far.test" for count in range(EACH)]
                acknowledged += submit(server, names)
                time.sleep(chance.random() * 0.2)
                if number % 2:
                    os.kill(chance.choice(server.worker_pids()), signal.SIGKILL)
                    time.sleep(0.5)
                else:
                    server.kill_all()
                    server.start()
            wait_until_empty(server)
            client = server.imap()
            reported = Counter(
                name
                for raw in messages(client).values()
                for name in re.findall(rb"^Final-Recipient: rfc822; ?(\S+)", raw, re.M)
            )
            client.logout()
            server.stop()
        finally:
            if server.process is not None:
                server.kill_all()
    came = Counter(sink.recipients())
    kept = {name for name in acknowledged if not name.startswith("gone")}
    assert kept <= set(came), "nothing is lost"
    assert {name.encode() for name in {*acknowledged} - kept} <= set(reported), "and no report"
    assert max(reported.values()) == 1, "each report once"
    twice = sum(count - 1 for count in came.values())
    assert twice <= ROUNDS * IN_FLIGHT
    assert max(came.values()) <= 1 + ROUNDS


def test_what_is_in_flight_at_a_kill_comes_twice_at_most_and_a_report_once(tmp_path: Path) -> None:
    import threading

    sink = Sink(answer=lambda name: "550 5.1.1 nobody" if name.startswith("gone") else "250 ok")
    sink.gate = threading.Event()
    with far_servers(ZONE, sink) as far:
        server = WholeServer(tmp_path / "data")
        set_up(server, far)
        try:
            assert submit(server, ["kept@far.test", "gone@far.test"])
            end = time.monotonic() + DEADLINE
            while "kept@far.test" not in sink.recipients():
                assert time.monotonic() < end
                time.sleep(0.05)
            # the other server has it, and its reply was never read
            server.kill_all()
            sink.gate.set()
            server.start()
            wait_until_empty(server)
            client = server.imap()
            reports = [raw for raw in messages(client).values() if b"multipart/report" in raw]
            client.logout()
            server.stop()
        finally:
            sink.gate.set()
            if server.process is not None:
                server.kill_all()
    assert Counter(sink.recipients()) == {"kept@far.test": 2}
    assert len(reports) == 1
    assert b"gone@far.test" in reports[0]
