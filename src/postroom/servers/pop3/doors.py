"""The doors "pop3" (STLS) and "pop3s" (TLS from the first octet)."""

from __future__ import annotations

from functools import partial

from postroom.model.ids import SessionId
from postroom.model.ports import MailStore
from postroom.servers.authentication import LoginGate
from postroom.servers.connection import Connection
from postroom.servers.listener import Door
from postroom.servers.live import Live
from postroom.servers.pop3.session import Pop3Session

PROTOCOL = "pop3"
_REFUSAL = b"-ERR [SYS/TEMP] Too many connections\r\n"


def pop3_doors(store: MailStore, gate: LoginGate, live: Live) -> dict[str, Door]:
    """Both doors, by the name of their listener."""

    async def serve(name: str, connection: Connection, session_id: SessionId) -> None:
        await Pop3Session(name, connection, session_id, store, gate, live).run()

    return {
        name: Door(name, PROTOCOL, partial(live.admission, name), _REFUSAL, partial(serve, name))
        for name in ("pop3", "pop3s")
    }
