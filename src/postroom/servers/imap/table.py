"""COMMANDS: which function serves which event of the core; what is announced is checked against it at start."""

from __future__ import annotations

from postroom.servers.imap import capabilities
from postroom.servers.imap.commands.any_state.capability import capability
from postroom.servers.imap.commands.any_state.id import identify
from postroom.servers.imap.commands.any_state.logout import logout
from postroom.servers.imap.commands.any_state.noop import noop
from postroom.servers.imap.commands.authenticated.append import append
from postroom.servers.imap.commands.authenticated.create import create
from postroom.servers.imap.commands.authenticated.delete import delete
from postroom.servers.imap.commands.authenticated.enable import enable
from postroom.servers.imap.commands.authenticated.idle import idle
from postroom.servers.imap.commands.authenticated.list import list_mailboxes
from postroom.servers.imap.commands.authenticated.lsub import list_subscribed
from postroom.servers.imap.commands.authenticated.namespace import namespace
from postroom.servers.imap.commands.authenticated.rename import rename
from postroom.servers.imap.commands.authenticated.select import select
from postroom.servers.imap.commands.authenticated.status import status
from postroom.servers.imap.commands.authenticated.subscribe import subscribe
from postroom.servers.imap.commands.authenticated.unsubscribe import unsubscribe
from postroom.servers.imap.commands.extensions.compress import compress
from postroom.servers.imap.commands.extensions.getmetadata import get_metadata
from postroom.servers.imap.commands.extensions.getquota import get_quota
from postroom.servers.imap.commands.extensions.getquotaroot import get_quota_root
from postroom.servers.imap.commands.extensions.notify import notify
from postroom.servers.imap.commands.extensions.setmetadata import set_metadata
from postroom.servers.imap.commands.extensions.setquota import set_quota
from postroom.servers.imap.commands.extensions.unauthenticate import unauthenticate
from postroom.servers.imap.commands.not_authenticated.authenticate import authenticate, cancelled
from postroom.servers.imap.commands.not_authenticated.login import login
from postroom.servers.imap.commands.not_authenticated.starttls import start_tls
from postroom.servers.imap.commands.selected.cancelupdate import cancel_update
from postroom.servers.imap.commands.selected.close import close
from postroom.servers.imap.commands.selected.copy import copy
from postroom.servers.imap.commands.selected.expunge import expunge, uid_expunge
from postroom.servers.imap.commands.selected.fetch import fetch
from postroom.servers.imap.commands.selected.move import move
from postroom.servers.imap.commands.selected.replace import replace
from postroom.servers.imap.commands.selected.search import save_refused, search
from postroom.servers.imap.commands.selected.sort import sort
from postroom.servers.imap.commands.selected.store import store
from postroom.servers.imap.commands.selected.thread import thread
from postroom.servers.imap.commands.selected.unselect import unselect
from postroom.servers.imap.kinds import Commands
from postroom.wire.imap import events
from postroom.wire.imap.commands.any_state.capability import Capability
from postroom.wire.imap.commands.any_state.id import Id
from postroom.wire.imap.commands.any_state.logout import Logout
from postroom.wire.imap.commands.any_state.noop import Noop
from postroom.wire.imap.commands.authenticated.append import AppendStarted, CatenateStarted
from postroom.wire.imap.commands.authenticated.create import Create
from postroom.wire.imap.commands.authenticated.delete import Delete
from postroom.wire.imap.commands.authenticated.enable import Enable
from postroom.wire.imap.commands.authenticated.idle import IdleStarted
from postroom.wire.imap.commands.authenticated.list import List
from postroom.wire.imap.commands.authenticated.lsub import Lsub
from postroom.wire.imap.commands.authenticated.namespace import Namespace
from postroom.wire.imap.commands.authenticated.rename import Rename
from postroom.wire.imap.commands.authenticated.select import Examine, Select
from postroom.wire.imap.commands.authenticated.status import Status
from postroom.wire.imap.commands.authenticated.subscribe import Subscribe
from postroom.wire.imap.commands.authenticated.unsubscribe import Unsubscribe
from postroom.wire.imap.commands.extensions.compress import Compress
from postroom.wire.imap.commands.extensions.getmetadata import GetMetadata
from postroom.wire.imap.commands.extensions.getquota import GetQuota
from postroom.wire.imap.commands.extensions.getquotaroot import GetQuotaRoot
from postroom.wire.imap.commands.extensions.notify import Notify
from postroom.wire.imap.commands.extensions.setmetadata import SetMetadata
from postroom.wire.imap.commands.extensions.setquota import SetQuota
from postroom.wire.imap.commands.extensions.unauthenticate import Unauthenticate
from postroom.wire.imap.commands.not_authenticated.authenticate import AuthStarted
from postroom.wire.imap.commands.not_authenticated.login import Login
from postroom.wire.imap.commands.not_authenticated.starttls import StartTls
from postroom.wire.imap.commands.selected.cancelupdate import CancelUpdate
from postroom.wire.imap.commands.selected.check import Check
from postroom.wire.imap.commands.selected.close import Close
from postroom.wire.imap.commands.selected.copy import Copy
from postroom.wire.imap.commands.selected.expunge import Expunge, UidExpunge
from postroom.wire.imap.commands.selected.fetch import Fetch
from postroom.wire.imap.commands.selected.move import Move
from postroom.wire.imap.commands.selected.replace import ReplaceStarted
from postroom.wire.imap.commands.selected.search import SaveRefused, Search
from postroom.wire.imap.commands.selected.sort import Sort
from postroom.wire.imap.commands.selected.store import Store
from postroom.wire.imap.commands.selected.thread import Thread
from postroom.wire.imap.commands.selected.unselect import Unselect

COMMANDS: Commands = {
    Capability: capability,
    Noop: noop,
    Logout: logout,
    StartTls: start_tls,
    Enable: enable,
    Id: identify,
    Namespace: namespace,
    IdleStarted: idle,
    Login: login,
    AuthStarted: authenticate,
    events.AuthCancelled: cancelled,
    Examine: select,
    Select: select,
    Close: close,
    Unselect: unselect,
    Check: noop,
    Create: create,
    Delete: delete,
    Rename: rename,
    Subscribe: subscribe,
    Unsubscribe: unsubscribe,
    List: list_mailboxes,
    Lsub: list_subscribed,
    Status: status,
    AppendStarted: append,
    CatenateStarted: append,
    Fetch: fetch,
    Store: store,
    Copy: copy,
    Move: move,
    ReplaceStarted: replace,
    Search: search,
    SaveRefused: save_refused,
    Sort: sort,
    Thread: thread,
    CancelUpdate: cancel_update,
    Expunge: expunge,
    UidExpunge: uid_expunge,
    Compress: compress,
    Unauthenticate: unauthenticate,
    GetQuota: get_quota,
    GetQuotaRoot: get_quota_root,
    SetQuota: set_quota,
    GetMetadata: get_metadata,
    SetMetadata: set_metadata,
    Notify: notify,
}

capabilities.check(COMMANDS)
