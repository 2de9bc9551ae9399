"""Which sockets the settings ask for, and binding them: one per worker and address with SO_REUSEPORT, so that the kernel spreads connections.

Mail listeners bind to all addresses, or to those of the chosen interface and loopback (SPEC 1.2); LMTP, which asks nobody who they are, to loopback alone.
"""

from __future__ import annotations

import contextlib
import socket

from postroom.net.interfaces import addresses_of, has_ipv6
from postroom.servers.channel import Binding
from postroom.settings.console import ALL, LOOPBACK
from postroom.settings.document import Settings
from postroom.settings.security import CONSOLE

LOOPBACK_ONLY = ("lmtp",)
_BACKLOG = 1024  # connections that wait for accept: a burst of senders, or a worker that is being replaced


def wanted(settings: Settings, port_offset: int, proving: frozenset[str] = frozenset()) -> list[Binding]:
    """Every socket that should listen now; `proving` says which ports an authority looks at (net.acme.answers)."""
    interface = settings.network.interface
    loopback = ["127.0.0.1", *(["::1"] if has_ipv6() else [])]
    if interface == "all":
        addresses = _everywhere()
    else:
        addresses = [*loopback, *addresses_of(interface)]
    mail = [
        Binding(name, address, door.port + port_offset)
        for name, door in settings.listeners().items()
        if door.enabled
        for address in dict.fromkeys(loopback if name in LOOPBACK_ONLY else addresses)
    ]
    ports = {"acme_http": settings.certificates.acme_http_port, "acme_tls": settings.certificates.acme_tls_port}
    proofs = [
        Binding(name, address, port + port_offset)
        for name, port in ports.items()
        if name.removeprefix("acme_") in proving
        for address in dict.fromkeys(addresses)
    ]
    console = settings.console
    if not console.https.enabled:
        return [*mail, *proofs]
    places = {ALL: _everywhere(), LOOPBACK: loopback}.get(console.address, [console.address])
    pages = [Binding(CONSOLE, address, console.https.port + port_offset) for address in places]
    return [*mail, *pages, *proofs]


def _everywhere() -> list[str]:
    return ["0.0.0.0", *(["::"] if has_ipv6() else [])]


def bind(binding: Binding, count: int, *, ours: bool) -> list[socket.socket]:
    """`count` listening sockets on one address and port; `ours` where we leave the port on other addresses at this moment, and a worker may have it open yet.

    Raises OSError; then none is left open.
    """
    sockets: list[socket.socket] = []
    try:
        if not ours:
            # shared ports are shared with every server of the same user: one that is there already must be seen, not joined
            _listening(binding, shared=False).close()
        for _ in range(count):
            sockets.append(_listening(binding, shared=True))
    except (OSError, OverflowError) as error:
        for sock in sockets:
            sock.close()
        raise error if isinstance(error, OSError) else OSError(f"port {binding.port} is above 65535") from error
    return sockets


def _listening(binding: Binding, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in binding.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((binding.address, binding.port))
        sock.listen(_BACKLOG)
    except BaseException:
        with contextlib.suppress(OSError):
            sock.close()
        raise
    return sock
