"""The memory watchdog: strangers stay out while too much is in use, and come in again when it is not."""

from __future__ import annotations

import ipaddress

from postroom.model.session import Peer
from postroom.net.limits import ConnectionLimits
from postroom.servers.memory import MemoryWatch, resident

PEER = Peer(ipaddress.ip_address("192.0.2.1"), 40000, ipaddress.ip_address("127.0.0.1"), 143)
MEBIBYTE = 1 << 20


def test_strangers_wait_while_memory_is_short() -> None:
    limits, used = ConnectionLimits(), [99 * MEBIBYTE]
    watch = MemoryWatch(limits, lambda: 100, lambda: used[0])

    def enters(*, trusted: bool) -> bool:
        return limits.enter("imap", PEER, per_address=100, total=100, trusted=trusted)

    for mebibytes, is_open in ((99, True), (101, False), (95, False), (89, True), (95, True)):
        used[0] = mebibytes * MEBIBYTE
        watch.look()
        assert enters(trusted=False) is is_open, mebibytes
        assert enters(trusted=True)


def test_what_is_resident_is_measured() -> None:
    before = resident()
    piece = bytearray(b"x") * (64 * MEBIBYTE)
    assert resident() - before > 32 * MEBIBYTE
    del piece
