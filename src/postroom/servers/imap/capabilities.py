"""What is announced, and what serves it: one table. A name whose commands have no function in `table` fails at start.

RFC 3501 §7.2.1; RFC 3501 §6.2 for LOGINDISABLED, RFC 4959 for SASL-IR.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from postroom.wire.imap.commands.any_state.id import Id
from postroom.wire.imap.commands.authenticated.append import AppendStarted, CatenateStarted
from postroom.wire.imap.commands.authenticated.create import Create
from postroom.wire.imap.commands.authenticated.enable import Enable
from postroom.wire.imap.commands.authenticated.idle import IdleStarted
from postroom.wire.imap.commands.authenticated.list import List
from postroom.wire.imap.commands.authenticated.namespace import Namespace
from postroom.wire.imap.commands.authenticated.select import Select
from postroom.wire.imap.commands.authenticated.status import Status
from postroom.wire.imap.commands.extensions.compress import Compress
from postroom.wire.imap.commands.extensions.getmetadata import GetMetadata
from postroom.wire.imap.commands.extensions.getquota import GetQuota
from postroom.wire.imap.commands.extensions.getquotaroot import GetQuotaRoot
from postroom.wire.imap.commands.extensions.notify import Notify
from postroom.wire.imap.commands.extensions.setmetadata import SetMetadata
from postroom.wire.imap.commands.extensions.setquota import SetQuota
from postroom.wire.imap.commands.extensions.unauthenticate import Unauthenticate
from postroom.wire.imap.commands.not_authenticated.authenticate import AuthStarted
from postroom.wire.imap.commands.selected.cancelupdate import CancelUpdate
from postroom.wire.imap.commands.selected.copy import Copy
from postroom.wire.imap.commands.selected.expunge import UidExpunge
from postroom.wire.imap.commands.selected.fetch import Fetch
from postroom.wire.imap.commands.selected.move import Move
from postroom.wire.imap.commands.selected.replace import ReplaceStarted
from postroom.wire.imap.commands.selected.search import SaveRefused, Search
from postroom.wire.imap.commands.selected.sort import Sort
from postroom.wire.imap.commands.selected.store import Store
from postroom.wire.imap.commands.selected.thread import Thread
from postroom.wire.imap.commands.selected.unselect import Unselect

ALWAYS: dict[bytes, tuple[type, ...]] = {
    b"IMAP4rev1": (Select, Fetch, Search, AppendStarted),
    b"IMAP4rev2": (Enable, Select, Fetch, Search, AppendStarted),
    b"LITERAL+": (AppendStarted,),
    b"SASL-IR": (AuthStarted,),
    b"ID": (Id,),
    b"ENABLE": (Enable,),
    b"IDLE": (IdleStarted,),
}
LOGGED_IN: dict[bytes, tuple[type, ...]] = {
    b"NAMESPACE": (Namespace,),
    b"UIDPLUS": (UidExpunge, AppendStarted, Copy),
    b"MOVE": (Move,),
    b"UNSELECT": (Unselect,),
    b"CHILDREN": (List,),
    b"LIST-EXTENDED": (List,),
    b"LIST-STATUS": (List, Status),
    b"SPECIAL-USE": (List,),
    b"CREATE-SPECIAL-USE": (Create,),
    b"ESEARCH": (Search,),
    b"WITHIN": (Search,),
    b"SEARCH=FUZZY": (Search, Sort),
    b"SEARCHRES": (Search, SaveRefused),
    b"SORT": (Sort,),
    b"SORT=DISPLAY": (Sort,),
    b"ESORT": (Sort,),
    b"THREAD=ORDEREDSUBJECT": (Thread,),
    b"THREAD=REFERENCES": (Thread,),
    b"PARTIAL": (Search, Sort, Fetch),
    b"CONTEXT=SEARCH": (Search, CancelUpdate),
    b"CONTEXT=SORT": (Sort, CancelUpdate),
    b"INPROGRESS": (Search, Sort, Thread, Store, Copy, Move, UidExpunge),
    b"CONDSTORE": (Fetch, Store, Search, Status),
    b"QRESYNC": (Enable, Select, Fetch),
    b"UIDONLY": (Enable, Fetch, Store),
    b"OBJECTID": (Create, Fetch, Select, Status),
    b"SAVEDATE": (Fetch,),
    b"PREVIEW": (Fetch,),
    b"STATUS=SIZE": (Status,),
    b"BINARY": (Fetch, AppendStarted),
    b"MULTIAPPEND": (AppendStarted,),
    b"QUOTA": (GetQuota, GetQuotaRoot, SetQuota),
    b"QUOTA=RES-STORAGE": (GetQuota, Status),
    b"METADATA": (GetMetadata, SetMetadata),
    b"LIST-METADATA": (List, GetMetadata),
    b"NOTIFY": (Notify,),
    b"COMPRESS=DEFLATE": (Compress,),
    b"UNAUTHENTICATE": (Unauthenticate,),
    b"UTF8=ACCEPT": (Enable, AppendStarted),
    b"CATENATE": (CatenateStarted,),
    b"REPLACE": (ReplaceStarted,),
}
ENABLED_BY_NAME = {
    b"CONDSTORE": b"CONDSTORE",
    b"QRESYNC": b"QRESYNC",
    b"UIDONLY": b"UIDONLY",
    b"IMAP4REV2": b"IMAP4rev2",
    b"UTF8=ACCEPT": b"UTF8=ACCEPT",
}
"""What ENABLE takes (RFC 5161), and how it is spelled."""


def check(served: Collection[type]) -> None:
    """Raises LookupError for a capability that nothing serves."""
    for name, commands in {**ALWAYS, **LOGGED_IN}.items():
        for command in commands:
            if command not in served:
                raise LookupError(f"{name.decode()} is announced and {command.__name__} is not served")


def before_login(mechanisms: Sequence[str], *, private: bool, offers_tls: bool, append_limit: int) -> list[bytes]:
    """For a stranger: how to log in, and what a client decides by before that."""
    names = [*ALWAYS, _append_limit(append_limit)]
    if offers_tls:
        names.append(b"STARTTLS")
    if not private:
        names.append(b"LOGINDISABLED")
    return names + [b"AUTH=" + name.encode("ascii") for name in mechanisms]


def after_login(*, append_limit: int) -> list[bytes]:
    """For a user."""
    return [*ALWAYS, *LOGGED_IN, _append_limit(append_limit)]


def _append_limit(octets: int) -> bytes:
    """The limit of every mailbox (RFC 7889 §3.1)."""
    return b"APPENDLIMIT=%d" % octets
