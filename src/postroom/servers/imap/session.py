"""ImapSession: the life of one IMAP connection: core event → command, changes told, deadlines, the last word.

A command is answered by its function through `finish` (changes first, then the tagged reply) or by an error on its way here. Reading, waking and TLS are the
connection's; what a session may see is `access`'s. RFC 3501 §5, RFC 9051 §5.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

import structlog

from postroom.access.account_mail import AccountMail
from postroom.access.ports import MailPorts
from postroom.access.selected import SelectedMailbox
from postroom.access.watching import AccountWatch
from postroom.model.account import Principal
from postroom.model.email import Changed, MailboxChanges
from postroom.model.errors import MailError, NotFound, NotPermitted, TryLater
from postroom.model.mailbox import DELIMITER, normal_name
from postroom.servers.authentication import Caller, LoginGate
from postroom.servers.connection import Connection, ConnectionLost, ServerClosing, Woken
from postroom.servers.imap import capabilities, errors, flags
from postroom.servers.imap.announced import Announced
from postroom.servers.imap.kinds import Commands
from postroom.servers.imap.notifying import Arrivals, Notification, Speech
from postroom.servers.imap.searching.updates import Updates
from postroom.servers.live import Live
from postroom.wire.core import CoreMisuse, Need
from postroom.wire.imap.commands.extensions.notify import MailEvent, Notify
from postroom.wire.imap.compression import Compression, NotDeflate
from postroom.wire.imap.events import PeerClosed, Violation
from postroom.wire.imap.responses import status
from postroom.wire.imap.responses.status import Code, Condition
from postroom.wire.imap.server import Event, ServerCore
from postroom.wire.imap.view import FlagChange, SelectedView, ViewChanges

log = structlog.get_logger()

_OUTPUT = 256 * 1024  # octets queued before the client has to take some
_INFLATED = 65536  # octets inflated at a time, whatever they came as
_BURST = 32  # pipelined commands before other sessions get a turn
_STRETCH = 2000  # messages taken into the view between two turns of the loop: about 3 ms
_GONE = "The mailbox was deleted"


class ImapSession:
    """See the module. Commands use what has no underscore."""

    __slots__ = (
        "_burst",
        "_compression",
        "_deadline",
        "_pushed_back",
        "announced",
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
        "notification",
        "over",
        "ports",
        "principal",
        "qresync",
        "rev2",
        "selected",
        "uid_only",
        "updates",
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
        self.notification: Notification | None = None
        self.updates = Updates()
        self.announced = Announced()
        self.condstore = False
        self.qresync = False
        self.rev2 = False
        self.uid_only = False
        self.client = ""
        self.over = False
        self._pushed_back: Event | None = None
        self._burst = 0
        self._compression: Compression | None = None
        self._deadline = 0.0
        self._await_login()

    def _await_login(self) -> None:
        self._deadline = asyncio.get_running_loop().time() + self.live.settings.limits.login_timeout

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
            self.stop_notifying()
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
        """Send what is queued, wait for the client, hand the core what came. Raises ConnectionLost once the core has said BYE."""
        await self.flush()
        if self.core.is_closed:
            raise ConnectionLost
        listens = between_commands and self.notification is not None
        try:
            await self.receive(self.patience(), between_commands=between_commands, wakeable=listens)
        except Woken:
            await self.tell_news()

    async def receive(self, seconds: float, *, between_commands: bool, wakeable: bool = False) -> None:
        """Hand the core what the client has sent, or will send; raises what `Connection.read` raises."""
        if self._compression is not None and self._compression.pending:
            self._inflate()
            await asyncio.sleep(0)
            return
        data = await self.connection.read(seconds, between_commands=between_commands, wakeable=wakeable)
        self._burst = 0
        if not data:
            self.core.receive_eof()
        elif self._compression is None:
            self.core.receive_data(data)
        else:
            self._compression.receive_data(data)
            self._inflate()

    @property
    def has_data(self) -> bool:
        """Whether `receive` would return at once."""
        return self.connection.has_data or (self._compression is not None and self._compression.pending)

    def _inflate(self) -> None:
        try:
            self.core.receive_data(self._compression.take_inflated(_INFLATED) if self._compression is not None else b"")
        except NotDeflate as error:
            log.info("compressed stream broken", session=self.caller.session_id, reason=str(error))
            raise ConnectionLost from error

    @property
    def is_compressed(self) -> bool:
        """Whether COMPRESS is in force."""
        return self._compression is not None

    def begin_compression(self) -> None:
        """From here both ways (RFC 4978 §3); what came behind the command counts as compressed."""
        self._compression = Compression()
        self._compression.receive_data(self.core.transport_changed())

    def end_compression(self) -> None:
        """From here in clear again (RFC 8437 §4.1)."""
        if self._compression is not None:
            rest, self._compression = self._compression.leave(), None
            self.core.receive_data(rest)

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
            data = self.core.data_to_send()
            self.connection.write(data if self._compression is None else self._compression.deflated(data))
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

    async def notify(self, command: Notify, tell_arrivals: Arrivals) -> Notification:
        """From here on, also between commands (RFC 5465 §3.1)."""
        watch = await AccountWatch.open(self.ports, self.account.account_id, self.connection.wake)
        self.stop_notifying()
        self.notification = Notification(command, watch, tell_arrivals)
        return self.notification

    def stop_notifying(self) -> None:
        """As if NOTIFY had not been said."""
        if self.notification is not None:
            self.notification.close()
            self.notification = None

    @property
    def speech(self) -> Speech:
        """How this client is spoken to now."""
        selected_id = self.selected.mailbox.mailbox_id if self.selected is not None else 0
        return Speech(self.core.utf8, self.condstore, selected_id)

    async def tell_news(self) -> None:
        """Between two commands, or in IDLE: what NOTIFY asked for, of the selected mailbox and of the others."""
        notification = self.notification
        if notification is None:
            return
        if not await self.tell_changes(allow_expunge=not notification.is_delayed):
            self.end(_GONE)
            return
        self.core.send(*await notification.responses(self.speech))

    async def made_change(self, *names: str) -> None:
        """This client changed the list of mailboxes itself: it is not told of that (RFC 5465 §5)."""
        if self.notification is not None:
            await self.notification.made_change(
                *(normal_name(name.removesuffix(DELIMITER)) if name else "" for name in names)
            )

    def put_messages(self, *mod_seqs: int) -> None:
        """This client's own commits put messages into a mailbox: it is not told of those as news (RFC 5465 §5)."""
        if self.notification is not None:
            self.notification.own(mod_seqs)

    async def tell_changes(self, *, allow_expunge: bool = True, always: bool = False, own: bool = False) -> bool:
        """Queue what other sessions did; false when the mailbox is gone. `always` looks even where no notice came; `own` tells what this client's own
        command removed even where NOTIFY wants to hear nothing of the mailbox."""
        selected = self.selected
        if selected is None:
            return True
        if selected.changed or always:
            try:
                await self._apply(await selected.changes())
            except NotFound:
                return False
        notification = self.notification
        if notification is not None and not notification.selected_events and not own:
            return True
        arriving = self.view.arriving if notification is not None and notification.selected_items else ()
        updating = bool(self.updates)
        if updating:
            self.core.send(*await self.updates.before_flush(self.view, allow_expunge=allow_expunge))
        if self.view.pending:
            pieces = self.view.pieces(
                allow_expunge=allow_expunge,
                uid=self.condstore or self.rev2 or notification is not None,
                condstore=self.condstore,
                vanished=self.qresync,
                uid_only=self.uid_only,
            )
            for count, piece in enumerate(pieces):
                if count:
                    await self.flush_some()
                self.core.send(*piece)
        if updating:
            self.core.send(*self.updates.after_flush(self.view))
        if arriving and notification is not None:
            await notification.tell_arrivals(self, notification.selected_items, arriving)
        return True

    async def learn_changes(self, *, always: bool = False) -> None:
        """Take what others did into the view, and tell nothing yet; `always` looks even where no notice came."""
        selected = self.selected
        if selected is not None and (selected.changed or always):
            with contextlib.suppress(NotFound):  # whoever tells changes finds out again, and ends the session
                await self._apply(await selected.changes())

    async def finish_expunge(self, text: str) -> None:
        """`finish` for what removes messages: with HIGHESTMODSEQ, which is then all told (RFC 7162 §3.2.7)."""
        if await self.tell_changes(always=True, own=True):
            code = status.highest_mod_seq(self.selected.known) if self.condstore and self.selected is not None else None
            self.core.reply(Condition.OK, text, code)
        else:
            self.core.reply(Condition.NO, _GONE, Code.NONEXISTENT)
            self.end(_GONE)

    async def _apply(self, changes: MailboxChanges) -> None:
        """Into the view, a bounded stretch at a time, so that others have their turn while a hundred thousand change."""
        self.announce(changes.keywords)
        self.updates.note(row[0] for row in changes.changed)
        expunged = changes.expunged
        if not changes.is_complete and self.selected is not None:
            there = await self.selected.uids_now()
            expunged = await asyncio.to_thread(self.view.missing, there)
        for at in range(0, len(changes.changed), _STRETCH):
            await self._apply_rows(changes.changed[at : at + _STRETCH])
            await asyncio.sleep(0)
        for at in range(0, len(expunged), _STRETCH):
            self.view.apply(ViewChanges(expunged=expunged[at : at + _STRETCH]))
            await asyncio.sleep(0)

    async def _apply_rows(self, rows: Sequence[tuple[int, int, str | None, int]]) -> None:
        newest = self.view.newest_uid
        arrived = [row[0] for row in rows if row[0] > newest]
        changed = [
            FlagChange(uid, flags.text(bits, others), mod_seq) for uid, bits, others, mod_seq in rows if uid <= newest
        ]
        selected = self.selected
        recent: list[int] = []
        if arrived and selected is not None and not selected.read_only:
            recent = [] if self.rev2 else await self._claimed(selected, arrived)
        if self.notification is not None and MailEvent.FLAG_CHANGE not in self.notification.selected_events:
            changed = []
        self.view.apply(ViewChanges(arrived, (), changed, recent))

    async def _claimed(self, selected: SelectedMailbox, arrived: list[int]) -> list[int]:
        """Those that are \\Recent here: no other session has told of them (RFC 3501 §2.3.2)."""
        try:
            first = await selected.claim_recent(arrived[-1])
        except TryLater as error:
            # a mailbox that can't be written to can be read; who opens it next sees them as recent
            log.warning("recent marks not taken", session=self.caller.session_id, reason=error.detail or error.public)
            return []
        return [uid for uid in arrived if uid >= first]

    def announce(self, names: Iterable[str]) -> None:
        """FLAGS for keywords that the client has not been told of."""
        if self.announced.learn(names):
            self.core.send(*self.announced.responses())

    async def announce_those_of(self, texts: Iterable[str | None]) -> None:
        """The same for rows about to be shown; what they have and the mailbox does not know is beyond what is announced."""
        if not self.announced.are_known(texts):
            self.announce(await self.open_mailbox.keywords())

    async def deselect(self) -> None:
        """No mailbox is selected any more."""
        if self.selected is None:
            return
        closed, self.selected = self.selected, None
        self.view = SelectedView()
        self.announced = Announced()
        self.updates.clear()
        self.core.deselected()
        closed.close()

    async def forget_user(self) -> None:
        """Everything since the login ends: the mailbox without an expunge, what was enabled, the place (RFC 8437 §3, RFC 8437 §4.1)."""
        await self.deselect()
        self.stop_notifying()
        if self.principal is not None:
            self.gate.leave(self.caller)
        self.principal = None
        self.mail = None
        self.condstore = self.qresync = self.uid_only = self.rev2 = False
        self.core.unauthenticated()
        self._await_login()

    async def told(self, done: Changed) -> None:
        """The client is told of its own change by its command, and of nothing twice."""
        # searches that tell changes look at what `changes` finds
        returns = bool(self.updates) or not self.open_mailbox.knows_of(done)
        await self.take_as_told([row[0] for row in done.rows], done.mod_seq, returns=returns)

    async def take_as_told(self, uids: Sequence[int], mod_seq: int, *, returns: bool = True) -> None:
        """`view.told` in bounded stretches, with a turn for others between them."""
        for at in range(0, len(uids), _STRETCH):
            self.view.told(uids[at : at + _STRETCH], mod_seq, returns=returns)
            await asyncio.sleep(0)

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
