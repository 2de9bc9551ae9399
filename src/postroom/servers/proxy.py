"""Reads the PROXY protocol header that a trusted front sends before anything else, from the bare socket, not one octet further."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from postroom.model.session import Peer
from postroom.wire.core import Need
from postroom.wire.proxy_protocol import ProxyReader, ProxyViolation


async def read_proxy_header(accepted: socket.socket, front: Peer) -> Peer:
    """The client that the front reports, or the front itself. Raises ValueError for a broken header, OSError.

    Octet by octet, because what follows may be a TLS handshake that another reader must find whole; a header has some tens of them.
    """
    loop = asyncio.get_running_loop()
    reader = ProxyReader()
    while (event := reader.next_event()) is Need.DATA:
        octet = await loop.sock_recv(accepted, 1)
        if octet:
            reader.receive_data(octet)
        else:
            reader.receive_eof()
    if isinstance(event, ProxyViolation):
        raise ValueError(f"PROXY header from {front.address}: {event.reason}")
    if isinstance(event, Need) or event.client is None:
        return front
    local = event.server
    return Peer(
        ipaddress.ip_address(event.client.address),
        event.client.port,
        ipaddress.ip_address(local.address) if local is not None else front.local_address,
        local.port if local is not None else front.local_port,
        tls_by_front=event.tls,
    )
