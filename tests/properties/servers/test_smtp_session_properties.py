"""Whatever a client sends, a session ends in order: no exception, no defect, nothing delivered that was not whole."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from postroom.model.ids import SessionId
from postroom.model.session import Peer
from postroom.mta.transaction import MailTransaction
from postroom.servers.authentication import privacy_required
from postroom.servers.smtp.dialect import MX, SUBMISSION, Login, SmtpDoor, SmtpServices
from postroom.servers.smtp.doors import COMMANDS
from postroom.servers.smtp.session import SmtpSession
from postroom.settings.document import Settings

ADDRESS = ipaddress.ip_address("127.0.0.1")
LMTP = SmtpDoor("mx", "lmtp", Login.NEVER, lmtp=True)
LINES = st.sampled_from(
    [
        b"EHLO x\r\n",
        b"HELO x\r\n",
        b"LHLO x\r\n",
        b"MAIL FROM:<>\r\n",
        b"MAIL FROM:<a@b> SIZE=5 BODY=8BITMIME\r\n",
        b"RCPT TO:<a@b>\r\n",
        b"RCPT TO:<Postmaster>\r\n",
        b"DATA\r\n",
        b"BDAT 3\r\nabc",
        b"BDAT 2 LAST\r\n\r\n",
        b"BDAT 0 LAST\r\n",
        b"text\r\n",
        b".\r\n",
        b"RSET\r\n",
        b"AUTH PLAIN AAAA\r\n",
        b"AUTH LOGIN\r\n",
        b"*\r\n",
        b"VRFY x\r\n",
        b"EXPN x\r\n",
        b"HELP\r\n",
        b"NOOP\r\n",
        b"QUIT\r\n",
        b"a\nb\r\n",
        b"\0\r\n",
        b"\xff\r\n",
    ]
)
PIECES = st.lists(st.one_of(LINES, LINES, st.binary(max_size=12)), max_size=25)


class ScriptedConnection:
    """Gives one piece after another, then the end of the stream."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.peer = Peer(ADDRESS, 1, ADDRESS, 25)
        self.tls_version = self.tls_cipher = ""
        self.has_data = self.is_lost = False
        self.output = b""
        self._pieces = [piece for piece in pieces if piece]

    async def hears(self, seconds: float) -> bool:
        """It waits for the greeting."""
        return False

    async def read(self, seconds: float, *, between_commands: bool = False) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def write(self, data: bytes) -> None:
        self.output += data

    async def drain(self) -> None:
        return


class Taking:
    """Every port a transaction needs: takes all recipients and keeps whole contents."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.open = 0

    async def mail(self, client: Any, reverse_path: Any, options: Any) -> Any:
        return TakingTransaction(self, client.lmtp)


class TakingTransaction:
    """The shape of a MailTransaction."""

    def __init__(self, house: Taking, lmtp: bool) -> None:
        self._house = house
        self._lmtp = lmtp
        self._count = 0
        self._content: bytes | None = None

    async def recipient(self, forward_path: Any, dsn: Any) -> None:
        self._count += 1

    def start_content(self) -> None:
        assert self._content is None
        self._content = b""
        self._house.open += 1

    def write(self, data: bytes) -> None:
        assert self._content is not None
        self._content += data

    async def finish(self, identifier: str) -> list[None]:
        assert self._content is not None and self._count
        self._house.kept.append(self._content)
        self.discard()
        return [None] * (self._count if self._lmtp else 1)

    def discard(self) -> None:
        if self._content is not None:
            self._house.open -= 1
            self._content = None


class Gate:
    """No logins."""

    def is_private(self, connection: Any) -> bool:
        return False

    def mechanisms(self, connection: Any) -> list[str]:
        return ["PLAIN"]

    def exchange(self, caller: Any, mechanism: str) -> Any:
        raise privacy_required()


class Live:
    settings = Settings()

    def now(self) -> float:
        return 1_800_000_000.0


def talk(door: SmtpDoor, pieces: list[bytes]) -> tuple[bytes, Taking]:
    house: Any = Taking()
    live: Any = Live()
    gate: Any = Gate()
    connection: Any = ScriptedConnection(pieces)
    services = SmtpServices(live, gate, house, house)

    async def run() -> None:
        await SmtpSession(door, services, connection, SessionId("s")).run(COMMANDS)

    with capture_logs() as logs:
        asyncio.run(run())
    assert not [entry for entry in logs if entry["log_level"] in ("error", "critical")], logs
    return connection.output, house


def test_the_double_has_the_shape_of_a_transaction() -> None:
    for name in ("recipient", "start_content", "write", "finish", "discard"):
        assert callable(getattr(MailTransaction, name)) and callable(getattr(TakingTransaction, name))


@given(st.sampled_from([MX, SUBMISSION, LMTP]), PIECES)
@settings(max_examples=200, deadline=None)
def test_any_octets_end_in_order(door: SmtpDoor, pieces: list[bytes]) -> None:
    hello = b"LHLO x\r\n" if door.lmtp else b"EHLO x\r\n"
    output, house = talk(door, [hello, *pieces])
    assert output.startswith(b"220 ")
    assert output.endswith(b"\r\n")
    assert house.open == 0
    assert all(b"\0" not in content and b"\n" not in content.replace(b"\r\n", b"") for content in house.kept)


@given(st.lists(st.sampled_from([b"text\r\n", b"..\r\n", b"...\r\n", b"\r\n"]), max_size=8).map(b"".join), st.data())
@settings(max_examples=100, deadline=None)
def test_content_is_the_same_however_it_comes(content: bytes, data: st.DataObject) -> None:
    sent = content + b".\r\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    head = [b"EHLO x\r\n", b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n"]
    (whole_output, whole), (output, house) = talk(MX, [*head, sent]), talk(MX, [*head, *pieces])
    assert output == whole_output
    assert house.kept == whole.kept and len(house.kept) == 1
