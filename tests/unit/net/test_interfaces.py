"""What the kernel tells of interfaces; loopback is there on every machine."""

from __future__ import annotations

from postroom.net.interfaces import addresses_of, interfaces


def test_loopback_has_its_address() -> None:
    assert "127.0.0.1" in addresses_of("lo")
    assert "127.0.0.1" in interfaces()["lo"]


def test_an_unknown_interface_has_none() -> None:
    assert addresses_of("nosuch0") == []
