"""One question to one DNS server, over UDP and, where that is cut short, TCP; and its response as an Answer.

Uses dnspython, whose import takes a second: only `net.resolver` imports this module, at its first lookup and in a thread. Caching, servers and retries are
the resolver's. RFC 1035 §4.2, RFC 6891 (EDNS), RFC 2308 §5 (how long a negative answer lasts).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from postroom.model.dns import Answer, MxRecord, Outcome, SrvRecord, TlsaRecord

UDP_PAYLOAD = 1232  # octets that pass every path unfragmented; larger answers come by TCP
MAX_RECORDS = 500  # of one answer; a flood of MX or TXT records is kept and looked at no further
MAX_RESPONSE = 64 << 10  # octets: the most that TCP carries
MAX_ALIASES = 8  # CNAMEs in a row; more are a loop or nonsense


class Unanswered(Exception):
    """The server gave no usable answer: another one may."""


async def ask(name: str, record_type: str, server: tuple[str, int], timeout: float) -> tuple[Answer[Any], int]:
    """The answer and the octets of its response. Raises Unanswered."""
    address, port = server
    try:
        query = dns.message.make_query(name, record_type, use_edns=0, payload=UDP_PAYLOAD)
        query.flags |= dns.flags.AD  # RFC 6840 §5.7: asks for the bit without asking for signatures
        response, _ = await dns.asyncquery.udp_with_fallback(
            query, address, timeout=timeout, port=port, ignore_unexpected=True, ignore_errors=True
        )
    except dns.exception.Timeout:
        raise Unanswered(f"{address} does not answer") from None
    except (dns.exception.DNSException, OSError, EOFError, ValueError) as error:
        raise Unanswered(f"{address}: {type(error).__name__} {error}"[:200]) from None
    return read(response, record_type, is_believed(response, address)), len(response.wire or b"")


def is_believed(response: dns.message.Message, server: str) -> bool:
    """The AD bit (RFC 4035 §3.2.3), of a server on loopback: from any other, whoever stands between could have set it."""
    return bool(response.flags & dns.flags.AD) and ipaddress.ip_address(server).is_loopback


def read(response: dns.message.Message, record_type: str, is_authentic: bool) -> Answer[Any]:
    """What a response says. Raises Unanswered where it says that the server could not, or nothing that can be followed."""
    rcode = response.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise Unanswered(dns.rcode.to_text(rcode))
    try:
        assert isinstance(response, dns.message.QueryMessage)
        chain = response.resolve_chaining()
    except (dns.exception.DNSException, AssertionError) as error:
        raise Unanswered(type(error).__name__) from None
    if len(chain.cnames) > MAX_ALIASES:
        raise Unanswered("too many aliases")
    aliases: tuple[str, ...] = ()
    if chain.cnames:
        aliases = (_text(response.question[0].name), *(_text(cname[0].target) for cname in chain.cnames))
    if chain.answer is None:
        missing = Outcome.NO_SUCH_NAME if rcode == dns.rcode.NXDOMAIN else Outcome.NO_DATA
        # without an SOA there is nothing to say how long (RFC 2308 §5)
        ttl = chain.minimum_ttl if response.authority else 0
        return Answer(missing, (), ttl, is_authentic, aliases)
    read_one = _READERS[record_type]
    records = tuple(read_one(rdata) for rdata in list(chain.answer)[:MAX_RECORDS])
    if record_type == "MX":
        records = tuple(sorted(records, key=lambda record: record.preference))
    return Answer(Outcome.FOUND, records, chain.minimum_ttl, is_authentic, aliases)


def _text(name: dns.name.Name) -> str:
    """Octets that no host name has stay escaped, so they match nothing."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""


_READERS: dict[str, Callable[[Any], Any]] = {
    "A": lambda rdata: ipaddress.IPv4Address(rdata.address),
    "AAAA": lambda rdata: ipaddress.IPv6Address(rdata.address),
    "MX": lambda rdata: MxRecord(rdata.preference, _text(rdata.exchange)),
    "TXT": lambda rdata: b"".join(rdata.strings),
    "PTR": lambda rdata: _text(rdata.target),
    "TLSA": lambda rdata: TlsaRecord(rdata.usage, rdata.selector, rdata.mtype, rdata.cert),
    "CNAME": lambda rdata: _text(rdata.target),
    "SRV": lambda rdata: SrvRecord(rdata.priority, rdata.weight, rdata.port, _text(rdata.target)),
}
