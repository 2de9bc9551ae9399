"""A DNS server on loopback for tests: UDP and TCP on one port, answering from a Zone of tests/dns_zone.py.

It can fail as servers do: SERVFAIL, silence, answers cut short over UDP (`truncate`), AD set for the zone's authentic names, and forged answers before the
true one (`forge`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import struct
from collections.abc import AsyncIterator, Mapping
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from dns_zone import SERVFAIL, TIMEOUT, TTL, Zone, txt_value

_SOA = "ns.test. hostmaster.test. 1 3600 600 86400 60"


class DnsServer(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, *, truncate: bool = False, forge: bool = False, ttl: int = TTL) -> None:
        self.zone = zone
        self.truncate = truncate
        self.forge = forge
        self.ttl = ttl
        self.asked: list[tuple[str, str, str]] = []  # how, type, name
        self.port = 0

    def connection_made(self, transport: Any) -> None:
        self._udp = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        answer = self.respond(data, "udp")
        if answer is None:
            return
        if self.forge:
            self._udp.sendto(bytes((answer[0] ^ 0xFF,)) + answer[1:], address)
            self._udp.sendto(b"\x00" * 5, address)
        self._udp.sendto(answer, address)

    async def serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    answer = self.respond(await reader.readexactly(length), "tcp")
                    if answer is not None:
                        writer.write(struct.pack("!H", len(answer)) + answer)
                        await writer.drain()
        finally:
            writer.close()

    def respond(self, data: bytes, how: str) -> bytes | None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        record_type = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((how, record_type, name))
        response = dns.message.make_response(query, recursion_available=True)
        if self.truncate and how == "udp":
            response.flags |= dns.flags.TC
            return response.to_wire()
        word, records, path = self.zone.find(name, record_type)
        if word == TIMEOUT:
            return None
        if word == SERVFAIL:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response.to_wire()
        if self.zone.is_authentic(name):
            response.flags |= dns.flags.AD
        for owner, target in itertools.pairwise(path):
            response.answer.append(dns.rrset.from_text(owner + ".", self.ttl, "IN", "CNAME", target + "."))
        owner = (path or [name])[-1] + "."
        if records:
            response.answer.append(_rrset(owner, record_type, records, self.ttl))
        else:
            response.authority.append(dns.rrset.from_text("test.", self.ttl, "IN", "SOA", _SOA))
            response.set_rcode(dns.rcode.NXDOMAIN if word == "NO_SUCH_NAME" else dns.rcode.NOERROR)
        return response.to_wire(max_size=65535)


def _rrset(owner: str, record_type: str, records: list[Any], ttl: int) -> dns.rrset.RRset:
    found = dns.rrset.RRset(dns.name.from_text(owner), dns.rdataclass.IN, dns.rdatatype.from_text(record_type))
    found.update_ttl(ttl)
    for record in records:
        if record_type == "TXT":
            value = txt_value(record)
            strings = [value[at : at + 255] for at in range(0, len(value), 255)] or [b""]
            record = " ".join('"' + "".join(f"\\{octet:03d}" for octet in string) + '"' for string in strings)
        elif record_type in ("MX", "CNAME", "PTR", "SRV") and not record.endswith("."):
            record += "."
        found.add(dns.rdata.from_text(dns.rdataclass.IN, found.rdtype, record), ttl)
    return found


@contextlib.asynccontextmanager
async def serving(
    names: Mapping[str, Any], *, authentic: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[DnsServer]:
    """A server on a free port of 127.0.0.1."""
    served = DnsServer(Zone(names, authentic), **options)
    tcp = await asyncio.start_server(served.serve_tcp, "127.0.0.1", 0)
    served.port = tcp.sockets[0].getsockname()[1]
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: served, local_addr=("127.0.0.1", served.port)
    )
    try:
        yield served
    finally:
        udp.close()
        tcp.close()
