"""imap_doors: the two IMAP listeners, in clear with STARTTLS and with TLS from the first octet."""

from __future__ import annotations

from postroom.access.ports import MailPorts
from postroom.model.ids import SessionId
from postroom.servers.authentication import Caller, LoginGate
from postroom.servers.connection import Connection
from postroom.servers.imap.session import ImapSession
from postroom.servers.imap.table import COMMANDS
from postroom.servers.listener import Door
from postroom.servers.live import Live

PROTOCOL = "imap"
_REFUSAL = b"* BYE [UNAVAILABLE] Too many connections\r\n"


def imap_doors(live: Live, gate: LoginGate, ports: MailPorts) -> dict[str, Door]:
    """By the names of their listeners."""
    return {name: _door(name, live, gate, ports) for name in ("imap", "imaps")}


def _door(name: str, live: Live, gate: LoginGate, ports: MailPorts) -> Door:
    async def serve(connection: Connection, session_id: SessionId) -> None:
        caller = Caller(connection, session_id, PROTOCOL, name)
        await ImapSession(caller, name, live, gate, ports).run(COMMANDS)

    return Door(name, PROTOCOL, lambda: live.admission(name), _REFUSAL, serve)
