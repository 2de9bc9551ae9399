"""The network interface live (SPEC 1.2), in a network namespace of its own: binding to it, its address going away and coming back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whole import WholeServer, postroom

NAME = f"postroom-{os.getpid()}"
DEVICE, ADDRESS, OTHER = "mail0", "192.0.2.1/24", "192.0.2.2/24"
SIX = "2001:db8::1/64"
_LOSS, _RETURN = 10.0, 10.0  # seconds that SPEC 1.2 allows

# inside the namespace: whether something listens
_LISTENS = (
    "import socket,sys\n"
    "try:\n    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()\n"
    "except OSError:\n    sys.exit(1)"
)


class Inside(WholeServer):
    """The same server, started in the namespace."""

    def start(self) -> None:
        command = ["ip", "netns", "exec", NAME, sys.executable, "-m", "postroom", "serve", "--data", str(self.data)]
        command += ["--log-format", "json", "--port-offset", str(self.offset), "--workers", "1"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait(lambda: b"Serving" in self.log.read_bytes(), 30)

    def listens(self, address: str, door: str) -> bool:
        words = ["ip", "netns", "exec", NAME, sys.executable, "-c", _LISTENS, address, str(self.port(door))]
        return subprocess.run(words, check=False).returncode == 0

    def addresses(self) -> set[str]:
        return {item["address"] for item in self.listeners() if item["door"] == "imaps" and item["open"]}


def ip(*words: str) -> None:
    subprocess.run(["ip", "-n", NAME, *words], check=True)


def add_device() -> None:
    """With a cable in it."""
    ip("link", "add", DEVICE, "type", "veth", "peer", "name", f"{DEVICE}x")
    for name in (DEVICE, f"{DEVICE}x"):
        ip("link", "set", name, "up")


def wait(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def namespace() -> Iterator[None]:
    """One with loopback and a device that has an IPv4 and an IPv6 address."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2")
    subprocess.run(["ip", "netns", "add", NAME], check=True)
    try:
        ip("link", "set", "lo", "up")
        add_device()
        ip("addr", "add", ADDRESS, "dev", DEVICE)
        ip("-6", "addr", "add", SIX, "dev", DEVICE, "nodad")
        yield
    finally:
        subprocess.run(["ip", "netns", "delete", NAME], check=True)


@pytest.mark.usefixtures("namespace")
def test_an_address_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    server = Inside(tmp_path / "data", workers=1)
    server.set_up()
    server.start()
    try:
        assert server.listens("192.0.2.1", "imaps") and server.listens("2001:db8::1", "imaps")
        chosen = postroom(server.data, "settings", "set", "network.interface", DEVICE)
        assert chosen.returncode != 0, "this process is outside of the namespace, where there is no such interface"
        inside = ["ip", "netns", "exec", NAME, sys.executable, "-m", "postroom", "settings", "set"]
        subprocess.run([*inside, "network.interface", DEVICE, "--data", str(server.data)], check=True)
        wait(lambda: server.addresses() == {"127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"}, 5)
        assert server.listens("192.0.2.1", "imaps") and server.listens("127.0.0.1", "imaps")

        ip("addr", "del", ADDRESS, "dev", DEVICE)
        ip("-6", "addr", "del", SIX, "dev", DEVICE)
        wait(lambda: server.addresses() == {"127.0.0.1", "::1"}, _LOSS)
        assert server.listens("127.0.0.1", "imaps"), "loopback stays"
        assert server.process is not None and server.process.poll() is None

        ip("addr", "add", OTHER, "dev", DEVICE)
        wait(lambda: "192.0.2.2" in server.addresses(), _RETURN)
        assert server.listens("192.0.2.2", "imaps")

        ip("link", "delete", DEVICE)
        wait(lambda: server.addresses() == {"127.0.0.1", "::1"}, _LOSS)
        add_device()
        ip("addr", "add", ADDRESS, "dev", DEVICE)
        wait(lambda: "192.0.2.1" in server.addresses(), _RETURN)
        assert server.listens("192.0.2.1", "imaps")
    finally:
        server.stop()


@pytest.mark.usefixtures("namespace")
def test_what_the_kernel_tells_of_interfaces() -> None:
    ip("link", "add", "bare0", "type", "bridge")
    code = (
        "import json; from dataclasses import asdict; from postroom.net.interfaces import states;"
        "print(json.dumps([asdict(one) for one in states()]))"
    )
    words = ["ip", "netns", "exec", NAME, sys.executable, "-c", code]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert found["lo"]["is_loopback"] and found["lo"]["is_up"]
    assert found[DEVICE]["is_up"] and found[DEVICE]["addresses"] == ["192.0.2.1", "2001:db8::1"]
    assert not found["bare0"]["is_up"] and found["bare0"]["addresses"] == []
    ip("link", "set", f"{DEVICE}x", "down")  # the cable is pulled
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert not {one["name"]: one for one in json.loads(done.stdout)}[DEVICE]["is_up"]
