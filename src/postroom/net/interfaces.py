"""The machine's network interfaces, as the kernel tells them: names and addresses.

One ioctl (IPv4) and one file of /proc (IPv6) hold all that a listener needs.
"""

from __future__ import annotations

import array
import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

from postroom.model.errors import Malformed
from postroom.model.operation.health import InterfaceState
from postroom.settings.document import Settings

_SIOCGIFCONF = 0x8912
_SIOCGIFFLAGS = 0x8913
_IFF_UP, _IFF_LOOPBACK, _IFF_RUNNING = 0x1, 0x8, 0x40  # netdevice(7)
_IFREQ_SIZE = 40  # struct ifreq on 64-bit Linux
_MAX_INTERFACES = 512
_LINK_LOCAL = 0x20  # scope column of /proc/net/if_inet6


def has_ipv6() -> bool:
    """Whether the kernel has any IPv6 address, loopback included."""
    return bool(_ipv6())


def addresses_of(interface: str) -> list[str]:
    """IPv4 and global IPv6 addresses of one interface; empty where there is no such interface or it has none."""
    return [address for name, address in [*_ipv4(), *_ipv6()] if name == interface]


def own_addresses() -> frozenset[str]:
    """Every address of this machine."""
    return frozenset(address for _, address in [*_ipv4(), *_ipv6()])


def sources(interface: str) -> dict[int, str]:
    """By IP version, the first address of a chosen interface: what mail is sent from; empty for `all`."""
    found: dict[int, str] = {}
    for address in addresses_of(interface) if interface != "all" else ():
        found.setdefault(ipaddress.ip_address(address).version, address)
    return found


def check_interface(old: Settings, new: Settings) -> None:
    """An interface without an address is refused when it is chosen; one that loses its addresses later only closes its listeners (SPEC 1.2).

    Raises Malformed.
    """
    chosen = new.network.interface
    if chosen in ("all", old.network.interface) or addresses_of(chosen):
        return
    known = interfaces()
    usable = ", ".join(["all", *sorted(name for name, addresses in known.items() if addresses)])
    why = "has no address" if chosen in known else "is not there"
    raise Malformed(f"network.interface: the interface {chosen} {why}; choose one of {usable}")


def states() -> list[InterfaceState]:
    """Every interface with its addresses and whether it has a link (IFF_RUNNING, netdevice(7))."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for name, addresses in interfaces().items():
            request = struct.pack("16sH14x8x", name.encode(), 0)
            try:
                answer = fcntl.ioctl(sock.fileno(), _SIOCGIFFLAGS, request)
            except OSError:  # it went away just now
                continue
            flags = struct.unpack_from("H", answer, 16)[0]
            is_up = flags & (_IFF_UP | _IFF_RUNNING) == _IFF_UP | _IFF_RUNNING
            found.append(InterfaceState(name, addresses, is_up, bool(flags & _IFF_LOOPBACK)))
    return found


def interfaces() -> dict[str, list[str]]:
    """Every interface by name with its addresses."""
    found: dict[str, list[str]] = {name: [] for _, name in socket.if_nameindex()}
    for name, address in [*_ipv4(), *_ipv6()]:
        found.setdefault(name, []).append(address)
    return found


def _ipv4() -> list[tuple[str, str]]:
    """SIOCGIFCONF lists each IPv4 address with its label; `eth0:1` is an alias of eth0."""
    space = array.array("B", bytes(_MAX_INTERFACES * _IFREQ_SIZE))
    address, _ = space.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("iL", len(space), address)
        length = struct.unpack("iL", fcntl.ioctl(sock.fileno(), _SIOCGIFCONF, request))[0]
    rows = space.tobytes()[:length]
    found = []
    for start in range(0, length, _IFREQ_SIZE):
        label = rows[start : start + 16].split(b"\0", 1)[0].decode()
        found.append((label.partition(":")[0], socket.inet_ntoa(rows[start + 20 : start + 24])))
    return found


def _ipv6() -> list[tuple[str, str]]:
    try:
        lines = Path("/proc/net/if_inet6").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        digits, _, _, scope, _, name = line.split()
        if int(scope, 16) != _LINK_LOCAL:
            found.append((name, str(ipaddress.IPv6Address(int(digits, 16)))))
    return found
