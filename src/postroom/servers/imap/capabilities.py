"""What is announced, and what serves it: one table. A name whose commands have no function in `table` fails at start.

RFC 3501 §7.2.1; RFC 3501 §6.2 for LOGINDISABLED, RFC 4959 for SASL-IR.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from postroom.wire.imap.commands import (
    append,
    connection,
    copy,
    expunge,
    fetch,
    listing,
    login,
    mailbox,
    search,
    status,
    store,
)
from postroom.wire.imap.commands import select as selecting

ALWAYS: dict[bytes, tuple[type, ...]] = {
    b"IMAP4rev1": (selecting.Select, fetch.Fetch, search.Search, append.AppendStarted),
    b"LITERAL+": (append.AppendStarted,),
    b"SASL-IR": (login.AuthStarted,),
    b"ID": (connection.Id,),
    b"ENABLE": (connection.Enable,),
    b"IDLE": (connection.IdleStarted,),
}
LOGGED_IN: dict[bytes, tuple[type, ...]] = {
    b"NAMESPACE": (connection.Namespace,),
    b"UIDPLUS": (expunge.UidExpunge, append.AppendStarted, copy.Copy),
    b"MOVE": (copy.Move,),
    b"UNSELECT": (selecting.Unselect,),
    b"CHILDREN": (listing.List,),
    b"LIST-EXTENDED": (listing.List,),
    b"LIST-STATUS": (listing.List, status.Status),
    b"SPECIAL-USE": (listing.List,),
    b"CREATE-SPECIAL-USE": (mailbox.Create,),
    b"ESEARCH": (search.Search,),
    b"WITHIN": (search.Search,),
    b"CONDSTORE": (fetch.Fetch, store.Store, search.Search, status.Status),
    b"MULTIAPPEND": (append.AppendStarted,),
}
ENABLED_BY_NAME = (b"CONDSTORE",)
"""What ENABLE takes (RFC 5161)."""


def check(served: Collection[type]) -> None:
    """Raises LookupError for a capability that nothing serves."""
    for name, commands in {**ALWAYS, **LOGGED_IN}.items():
        for command in commands:
            if command not in served:
                raise LookupError(f"{name.decode()} is announced and {command.__name__} is not served")


def before_login(mechanisms: Sequence[str], *, private: bool, offers_tls: bool) -> list[bytes]:
    """For a stranger: how to log in, and what a client decides by before that."""
    names = list(ALWAYS)
    if offers_tls:
        names.append(b"STARTTLS")
    if not private:
        names.append(b"LOGINDISABLED")
    return names + [b"AUTH=" + name.encode("ascii") for name in mechanisms]


def after_login() -> list[bytes]:
    """For a user."""
    return [*ALWAYS, *LOGGED_IN]
