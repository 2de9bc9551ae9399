"""COMMANDS: what each command is called, who parses it, when it is legal, whether it has a UID form.

RFC 3501 §6 orders the commands by state; a session announces an extension only if its rows are here. APPEND and
REPLACE are read segment by segment (`commands.authenticated.append`) and stand here for their states.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from postroom.wire.imap.commands.any_state.capability import Capability, parse_capability
from postroom.wire.imap.commands.any_state.id import Id, parse_id
from postroom.wire.imap.commands.any_state.logout import Logout, parse_logout
from postroom.wire.imap.commands.any_state.noop import Noop, parse_noop
from postroom.wire.imap.commands.authenticated.create import Create, parse_create
from postroom.wire.imap.commands.authenticated.delete import Delete, parse_delete
from postroom.wire.imap.commands.authenticated.enable import Enable, parse_enable
from postroom.wire.imap.commands.authenticated.idle import IdleStarted, parse_idle
from postroom.wire.imap.commands.authenticated.list import List, parse_list
from postroom.wire.imap.commands.authenticated.lsub import Lsub, parse_lsub
from postroom.wire.imap.commands.authenticated.namespace import Namespace, parse_namespace
from postroom.wire.imap.commands.authenticated.rename import Rename, parse_rename
from postroom.wire.imap.commands.authenticated.select import Select, parse_examine, parse_select
from postroom.wire.imap.commands.authenticated.status import Status, parse_status
from postroom.wire.imap.commands.authenticated.subscribe import Subscribe, parse_subscribe
from postroom.wire.imap.commands.authenticated.unsubscribe import Unsubscribe, parse_unsubscribe
from postroom.wire.imap.commands.extensions.compress import Compress, parse_compress
from postroom.wire.imap.commands.extensions.getmetadata import GetMetadata, parse_getmetadata
from postroom.wire.imap.commands.extensions.getquota import GetQuota, parse_getquota
from postroom.wire.imap.commands.extensions.getquotaroot import GetQuotaRoot, parse_getquotaroot
from postroom.wire.imap.commands.extensions.notify import Notify, parse_notify
from postroom.wire.imap.commands.extensions.setmetadata import SetMetadata, parse_setmetadata
from postroom.wire.imap.commands.extensions.setquota import SetQuota, parse_setquota
from postroom.wire.imap.commands.extensions.unauthenticate import Unauthenticate, parse_unauthenticate
from postroom.wire.imap.commands.not_authenticated.authenticate import AuthStarted, parse_authenticate
from postroom.wire.imap.commands.not_authenticated.login import Login, parse_login
from postroom.wire.imap.commands.not_authenticated.starttls import StartTls, parse_starttls
from postroom.wire.imap.commands.selected.cancelupdate import CancelUpdate, parse_cancelupdate
from postroom.wire.imap.commands.selected.check import Check, parse_check
from postroom.wire.imap.commands.selected.close import Close, parse_close
from postroom.wire.imap.commands.selected.copy import Copy, parse_copy
from postroom.wire.imap.commands.selected.expunge import Expunge, UidExpunge, parse_expunge
from postroom.wire.imap.commands.selected.fetch import Fetch, parse_fetch
from postroom.wire.imap.commands.selected.move import Move, parse_move
from postroom.wire.imap.commands.selected.search import SaveRefused, Search, parse_search
from postroom.wire.imap.commands.selected.sort import Sort, parse_sort
from postroom.wire.imap.commands.selected.store import Store, parse_store
from postroom.wire.imap.commands.selected.thread import Thread, parse_thread
from postroom.wire.imap.commands.selected.unselect import Unselect, parse_unselect
from postroom.wire.imap.grammar.scanner import Scanner
from postroom.wire.imap.limits import MAX_ANNOTATION


class State(enum.Enum):
    """RFC 3501 §3; the session sets it."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"


Command = (
    Capability
    | Noop
    | Logout
    | StartTls
    | Namespace
    | IdleStarted
    | Enable
    | Id
    | Login
    | AuthStarted
    | Select
    | Close
    | Unselect
    | Check
    | Create
    | Delete
    | Rename
    | Subscribe
    | Unsubscribe
    | List
    | Lsub
    | Status
    | Fetch
    | Store
    | Copy
    | Move
    | Search
    | SaveRefused
    | Sort
    | Thread
    | CancelUpdate
    | Expunge
    | UidExpunge
    | Compress
    | Unauthenticate
    | GetQuota
    | GetQuotaRoot
    | SetQuota
    | GetMetadata
    | SetMetadata
    | Notify
)


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One row; `parse` None for APPEND and REPLACE; `too_large` the code that answers an argument above its bound NO instead of BAD."""

    parse: Callable[[Scanner], Command] | None
    states: frozenset[State]
    uid: bool = False
    too_large: bytes | None = None


_ANY = frozenset(State)
_STRANGER = frozenset({State.NOT_AUTHENTICATED})
_USER = frozenset({State.AUTHENTICATED, State.SELECTED})
_SELECTED = frozenset({State.SELECTED})

APPEND, REPLACE = b"APPEND", b"REPLACE"

COMMANDS: dict[bytes, CommandRow] = {
    b"CAPABILITY": CommandRow(parse_capability, _ANY),
    b"NOOP": CommandRow(parse_noop, _ANY),
    b"LOGOUT": CommandRow(parse_logout, _ANY),
    b"ID": CommandRow(parse_id, _ANY),
    b"STARTTLS": CommandRow(parse_starttls, _STRANGER),
    b"AUTHENTICATE": CommandRow(parse_authenticate, _STRANGER),
    b"LOGIN": CommandRow(parse_login, _STRANGER),
    b"ENABLE": CommandRow(parse_enable, _USER),
    b"SELECT": CommandRow(parse_select, _USER),
    b"EXAMINE": CommandRow(parse_examine, _USER),
    b"CREATE": CommandRow(parse_create, _USER),
    b"DELETE": CommandRow(parse_delete, _USER),
    b"RENAME": CommandRow(parse_rename, _USER),
    b"SUBSCRIBE": CommandRow(parse_subscribe, _USER),
    b"UNSUBSCRIBE": CommandRow(parse_unsubscribe, _USER),
    b"LIST": CommandRow(parse_list, _USER),
    b"LSUB": CommandRow(parse_lsub, _USER),
    b"NAMESPACE": CommandRow(parse_namespace, _USER),
    b"STATUS": CommandRow(parse_status, _USER),
    APPEND: CommandRow(None, _USER),
    b"IDLE": CommandRow(parse_idle, _USER),
    b"COMPRESS": CommandRow(parse_compress, _USER),
    b"UNAUTHENTICATE": CommandRow(parse_unauthenticate, _USER),
    b"GETQUOTA": CommandRow(parse_getquota, _USER),
    b"GETQUOTAROOT": CommandRow(parse_getquotaroot, _USER),
    b"SETQUOTA": CommandRow(parse_setquota, _USER),
    b"GETMETADATA": CommandRow(parse_getmetadata, _USER),
    b"SETMETADATA": CommandRow(parse_setmetadata, _USER, too_large=b"METADATA MAXSIZE %d" % MAX_ANNOTATION),
    b"NOTIFY": CommandRow(parse_notify, _USER),
    b"CHECK": CommandRow(parse_check, _SELECTED),
    b"CLOSE": CommandRow(parse_close, _SELECTED),
    b"UNSELECT": CommandRow(parse_unselect, _SELECTED),
    b"EXPUNGE": CommandRow(parse_expunge, _SELECTED, uid=True),
    b"SEARCH": CommandRow(parse_search, _SELECTED, uid=True),
    b"SORT": CommandRow(parse_sort, _SELECTED, uid=True),
    b"THREAD": CommandRow(parse_thread, _SELECTED, uid=True),
    b"CANCELUPDATE": CommandRow(parse_cancelupdate, _SELECTED),
    b"FETCH": CommandRow(parse_fetch, _SELECTED, uid=True),
    b"STORE": CommandRow(parse_store, _SELECTED, uid=True),
    b"COPY": CommandRow(parse_copy, _SELECTED, uid=True),
    b"MOVE": CommandRow(parse_move, _SELECTED, uid=True),
    REPLACE: CommandRow(None, _SELECTED, uid=True),
}
