"""ImapSession: the life of one IMAP connection: core event → command, changes told, deadlines, the last word.

A command is answered by its function through `finish` (changes first, then the tagged reply) or by an error on its way here. Reading, waking and TLS are the
connection's; what a session may see is `access`'s. RFC 3501 §5, RFC 9051 §5.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from postroom.access.account_mail import AccountMail
from postroom.access.ports import MailPorts
from postroom.access.selected import SelectedMailbox
from postroom.model.account import Principal
from postroom.model.email import MailboxChanges
from postroom.model.errors import MailError, NotFound, NotPermitted
from postroom.servers.authentication import Caller, LoginGate
from postroom.servers.connection import Connection, ConnectionLost, ServerClosing
from postroom.servers.imap import capabilities, errors, flags
from postroom.servers.imap.kinds import Commands
from postroom.servers.live import Live
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.imap.events import PeerClosed, Violation
from postroom.wire.imap.responses import status
from postroom.wire.imap.responses.status import Code, Condition
from postroom.wire.imap.server import Event, ServerCore
from postroom.wire.imap.view import FlagChange, SelectedView, ViewChanges

log = structlog.get_logger()

_OUTPUT = 256 * 1024  # octets queued before the client has to take some
_BURST = 32  # pipelined commands before other sessions get a turn
_STRETCH = 2000  # messages taken into the view between two turns of the loop: about 3 ms
_GONE = "The mailbox was deleted"


class ImapSession:
    """See the module. Commands use what has no underscore."""

    __slots__ = (
        "_burst",
        "_deadline",
        "_pushed_back",
        "caller",
        "client",
        "commands",
        "condstore",
        "connection",
        "core",
        "door",
        "gate",
        "live",
        "mail",
        "over",
        "ports",
        "principal",
        "qresync",
        "selected",
        "uid_only",
        "view",
    )

    def __init__(self, caller: Caller, door: str, live: Live, gate: LoginGate, ports: MailPorts) -> None:
        self.caller = caller
        self.connection: Connection = caller.connection
        self.door = door
        self.live = live
        self.gate = gate
        self.ports = ports
        self.commands: Commands = {}
        self.core = ServerCore(multi_append=True)
        self.mail: AccountMail | None = None
        self.principal: Principal | None = None
        self.selected: SelectedMailbox | None = None
        self.view = SelectedView()
        self.condstore = False
        self.qresync = False
        self.uid_only = False
        self.client = ""
        self.over = False
        self._pushed_back: Event | None = None
        self._burst = 0
        self._deadline = asyncio.get_running_loop().time() + live.settings.limits.login_timeout

    async def run(self, commands: Commands) -> None:
        """Until the client or the server wants no more."""
        self.commands = commands
        self.core.greet(Condition.OK, "Postroom ready", status.capability(self.capabilities()))
        try:
            while not self.over:
                await self._act(await self.next_event(between_commands=True))
        except ServerClosing:
            self.core.close("The server is shutting down", Code.UNAVAILABLE)
        except TimeoutError:
            self.core.close("Nothing was heard for too long")
        finally:
            if self.principal is not None:
                self.gate.leave(self.caller)
            await self.deselect()
        await self.flush()

    def capabilities(self) -> list[bytes]:
        """What is announced now."""
        if self.mail is not None:
            return capabilities.after_login(append_limit=self.live.settings.smtp.max_message_size)
        connection = self.connection
        return capabilities.before_login(
            self.gate.mechanisms(connection),
            private=self.gate.is_private(connection),
            offers_tls=self.offers_tls,
            append_limit=self.live.settings.smtp.max_message_size,
        )

    @property
    def offers_tls(self) -> bool:
        """Whether STARTTLS makes sense here."""
        return not self.connection.tls_version and not self.connection.peer.tls_by_front

    async def next_event(self, *, between_commands: bool = False) -> Event:
        """The core's next event, read for where needed. Raises TimeoutError, ServerClosing, ConnectionLost."""
        if self._pushed_back is not None:
            event, self._pushed_back = self._pushed_back, None
            return event
        while True:
            found = self.core.next_event()
            if not isinstance(found, Need):
                return found
            await self.read_more(between_commands=between_commands)

    def push_back(self, event: Event) -> None:
        """An event that a command has met and that is not its own: the loop takes it next."""
        self._pushed_back = event

    async def read_more(self, *, between_commands: bool = False) -> None:
        """Send what is queued, wait for the client, hand the core what came."""
        await self.flush()
        data = await self.connection.read(self.patience(), between_commands=between_commands)
        self.take(data)

    def take(self, data: bytes) -> None:
        """Hand the core what was read; nothing is the end of the stream."""
        self._burst = 0
        if data:
            self.core.receive_data(data)
        else:
            self.core.receive_eof()

    def patience(self) -> float:
        """Seconds this client may stay silent from here. Raises TimeoutError when a stranger's time is over."""
        if self.mail is not None:
            return self.live.settings.limits.idle_timeout
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimeoutError
        return left

    async def flush(self) -> None:
        """Send what is queued; waits while the client does not take it."""
        if self.core.output_size:
            self.connection.write(self.core.data_to_send())
            await self.connection.drain()

    async def flush_some(self) -> None:
        """The same once there is much of it, and a turn for the others."""
        if self.core.output_size > _OUTPUT:
            await self.flush()
        await asyncio.sleep(0)

    async def _act(self, event: Event) -> None:
        if isinstance(event, Violation):
            self.over = event.fatal
            return
        if isinstance(event, PeerClosed):
            self.over = True
            return
        self._burst += 1
        if self._burst % _BURST == 0:
            await self.flush_some()
        try:
            await self.commands[type(event)](self, event)
        except MailError as error:
            if error.detail:
                log.warning("refused", session=self.caller.session_id, reason=error.detail, text=error.public)
            self._refuse(*errors.reply(error))
        except (ConnectionLost, ServerClosing, TimeoutError):
            raise
        except Exception:
            log.exception("command failed", session=self.caller.session_id, command=type(event).__name__)
            self._refuse(Condition.NO, "Internal error", Code.SERVERBUG)

    def _refuse(self, condition: Condition, text: str, code: bytes | None) -> None:
        """Answer the command in hand, whatever the core waits for; where it waits for nothing, there is no way on."""
        for answer in (self.core.reply, self.core.refuse):
            with contextlib.suppress(CoreMisuse):
                answer(condition, text, code)
                return
        self.end("Internal error", Code.SERVERBUG)

    def end(self, text: str, code: bytes | None = None) -> None:
        """Say BYE; the loop stops."""
        self.core.close(text, code)
        self.over = True

    async def finish(
        self,
        text: str = "Completed",
        code: bytes | None = None,
        *,
        condition: Condition = Condition.OK,
        allow_expunge: bool = True,
        always: bool = False,
    ) -> None:
        """Tell what changed, then complete the command; a mailbox that is gone ends the session."""
        if await self.tell_changes(allow_expunge=allow_expunge, always=always):
            self.core.reply(condition, text, code)
        else:
            self.core.reply(Condition.NO, _GONE, Code.NONEXISTENT)
            self.end(_GONE)

    async def tell_changes(self, *, allow_expunge: bool = True, always: bool = False) -> bool:
        """Queue what other sessions did; false when the mailbox is gone. `always` looks even where no notice came."""
        selected = self.selected
        if selected is None:
            return True
        if selected.changed or always:
            try:
                await self._apply(await selected.changes())
            except NotFound:
                return False
        if self.view.pending:
            pieces = self.view.pieces(
                allow_expunge=allow_expunge,
                uid=self.condstore,
                condstore=self.condstore,
                vanished=self.qresync,
                uid_only=self.uid_only,
            )
            for count, piece in enumerate(pieces):
                if count:
                    await self.flush_some()
                self.core.send(*piece)
        return True

    async def finish_expunge(self, text: str) -> None:
        """`finish` for what removes messages: with HIGHESTMODSEQ, which is then all told (RFC 7162 §3.2.7)."""
        if await self.tell_changes(always=True):
            code = status.highest_mod_seq(self.selected.known) if self.condstore and self.selected is not None else None
            self.core.reply(Condition.OK, text, code)
        else:
            self.core.reply(Condition.NO, _GONE, Code.NONEXISTENT)
            self.end(_GONE)

    async def _apply(self, changes: MailboxChanges) -> None:
        """Into the view, a bounded stretch at a time, so that others have their turn while a hundred thousand change."""
        expunged = changes.expunged
        if not changes.is_complete and self.selected is not None:
            there = await self.selected.uids_now()
            expunged = await asyncio.to_thread(self.view.missing, there)
        for at in range(0, len(changes.changed), _STRETCH):
            self._apply_rows(changes.changed[at : at + _STRETCH])
            await asyncio.sleep(0)
        for at in range(0, len(expunged), _STRETCH):
            self.view.apply(ViewChanges(expunged=expunged[at : at + _STRETCH]))
            await asyncio.sleep(0)

    def _apply_rows(self, rows: Sequence[tuple[int, int, str | None, int]]) -> None:
        newest = self.view.newest_uid
        arrived = [row[0] for row in rows if row[0] > newest]
        changed = [
            FlagChange(uid, flags.text(bits, others), mod_seq) for uid, bits, others, mod_seq in rows if uid <= newest
        ]
        selected = self.selected
        recent: list[int] = []
        if arrived and selected is not None and not selected.read_only:
            recent = arrived
            selected.told_recent(arrived[-1])
        self.view.apply(ViewChanges(arrived, (), changed, recent))

    async def deselect(self) -> None:
        """No mailbox is selected any more."""
        if self.selected is None:
            return
        closed, self.selected = self.selected, None
        self.view = SelectedView()
        self.core.deselected()
        try:
            await closed.close()
        except MailError as error:
            log.warning("recent marks not taken", session=self.caller.session_id, reason=error.detail or error.public)

    async def enable_condstore(self) -> None:
        """From here MODSEQ is told with flags (RFC 7162 §3.1.1)."""
        if self.condstore:
            return
        self.condstore = True
        if self.selected is not None:
            highest = status.highest_mod_seq(self.selected.known)
            self.core.send(status.untagged(Condition.OK, "Highest", highest))

    @property
    def fetch_head(self) -> bytes:
        """How a FETCH response begins, for what `fetch_names` gives (RFC 9586 §3.3)."""
        return b"* %d UIDFETCH (" if self.uid_only else b"* %d FETCH ("

    def fetch_names(self, uids: Sequence[int]) -> Sequence[int]:
        """What FETCH responses call these messages."""
        return uids if self.uid_only else self.view.sequence_numbers(uids)

    @property
    def account(self) -> AccountMail:
        """The mail of who is logged in; the core lets no command through before."""
        if self.mail is None:
            raise NotPermitted("log in first")
        return self.mail

    @property
    def open_mailbox(self) -> SelectedMailbox:
        """The selected mailbox; the core lets no command through without."""
        if self.selected is None:
            raise NotPermitted("select a mailbox first")
        return self.selected
