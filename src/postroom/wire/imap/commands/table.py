"""COMMANDS: what each command is called, who parses it, when it is legal, whether it has a UID form.

RFC 3501 §6 orders the commands by state; a session announces an extension only if its rows are here. APPEND is parsed
by the core itself, literal by literal (`commands.append`), and stands here for its states.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from postroom.wire.imap.commands import (
    connection,
    copy,
    expunge,
    fetch,
    listing,
    login,
    mailbox,
    search,
    select,
    status,
    store,
)
from postroom.wire.imap.grammar.scanner import Scanner


class State(enum.Enum):
    """RFC 3501 §3; the session sets it."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"


Command = (
    connection.Capability
    | connection.Noop
    | connection.Logout
    | connection.StartTls
    | connection.Namespace
    | connection.IdleStarted
    | connection.Enable
    | connection.Id
    | login.Login
    | login.AuthStarted
    | select.Select
    | select.Close
    | select.Unselect
    | select.Check
    | mailbox.Create
    | mailbox.Delete
    | mailbox.Rename
    | mailbox.Subscribe
    | mailbox.Unsubscribe
    | listing.List
    | listing.Lsub
    | status.Status
    | fetch.Fetch
    | store.Store
    | copy.Copy
    | copy.Move
    | search.Search
    | expunge.Expunge
    | expunge.UidExpunge
)


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One row; `parse` None for APPEND."""

    parse: Callable[[Scanner], Command] | None
    states: frozenset[State]
    uid: bool = False


_ANY = frozenset(State)
_STRANGER = frozenset({State.NOT_AUTHENTICATED})
_USER = frozenset({State.AUTHENTICATED, State.SELECTED})
_SELECTED = frozenset({State.SELECTED})

APPEND = b"APPEND"

COMMANDS: dict[bytes, CommandRow] = {
    b"CAPABILITY": CommandRow(connection.parse_capability, _ANY),
    b"NOOP": CommandRow(connection.parse_noop, _ANY),
    b"LOGOUT": CommandRow(connection.parse_logout, _ANY),
    b"ID": CommandRow(connection.parse_id, _ANY),
    b"STARTTLS": CommandRow(connection.parse_starttls, _STRANGER),
    b"AUTHENTICATE": CommandRow(login.parse_authenticate, _STRANGER),
    b"LOGIN": CommandRow(login.parse_login, _STRANGER),
    b"ENABLE": CommandRow(connection.parse_enable, _USER),
    b"SELECT": CommandRow(select.parse_select, _USER),
    b"EXAMINE": CommandRow(select.parse_examine, _USER),
    b"CREATE": CommandRow(mailbox.parse_create, _USER),
    b"DELETE": CommandRow(mailbox.parse_delete, _USER),
    b"RENAME": CommandRow(mailbox.parse_rename, _USER),
    b"SUBSCRIBE": CommandRow(mailbox.parse_subscribe, _USER),
    b"UNSUBSCRIBE": CommandRow(mailbox.parse_unsubscribe, _USER),
    b"LIST": CommandRow(listing.parse_list, _USER),
    b"LSUB": CommandRow(listing.parse_lsub, _USER),
    b"NAMESPACE": CommandRow(connection.parse_namespace, _USER),
    b"STATUS": CommandRow(status.parse_status, _USER),
    APPEND: CommandRow(None, _USER),
    b"IDLE": CommandRow(connection.parse_idle, _USER),
    b"CHECK": CommandRow(select.parse_check, _SELECTED),
    b"CLOSE": CommandRow(select.parse_close, _SELECTED),
    b"UNSELECT": CommandRow(select.parse_unselect, _SELECTED),
    b"EXPUNGE": CommandRow(expunge.parse_expunge, _SELECTED, uid=True),
    b"SEARCH": CommandRow(search.parse_search, _SELECTED, uid=True),
    b"FETCH": CommandRow(fetch.parse_fetch, _SELECTED, uid=True),
    b"STORE": CommandRow(store.parse_store, _SELECTED, uid=True),
    b"COPY": CommandRow(copy.parse_copy, _SELECTED, uid=True),
    b"MOVE": CommandRow(copy.parse_move, _SELECTED, uid=True),
}
