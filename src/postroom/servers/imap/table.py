"""COMMANDS: which function serves which event of the core; what is announced is checked against it at start."""

from __future__ import annotations

from postroom.servers.imap import capabilities
from postroom.servers.imap.commands import (
    append,
    connection,
    copy,
    expunge,
    fetch,
    idle,
    listing,
    login,
    mailbox,
    search,
    select,
    status,
    store,
)
from postroom.servers.imap.kinds import Commands
from postroom.wire.imap import events
from postroom.wire.imap.commands import append as append_command
from postroom.wire.imap.commands import connection as connection_commands
from postroom.wire.imap.commands import copy as copy_commands
from postroom.wire.imap.commands import expunge as expunge_commands
from postroom.wire.imap.commands import fetch as fetch_command
from postroom.wire.imap.commands import listing as listing_commands
from postroom.wire.imap.commands import login as login_commands
from postroom.wire.imap.commands import mailbox as mailbox_commands
from postroom.wire.imap.commands import search as search_command
from postroom.wire.imap.commands import select as select_commands
from postroom.wire.imap.commands import status as status_command
from postroom.wire.imap.commands import store as store_command

COMMANDS: Commands = {
    connection_commands.Capability: connection.capability,
    connection_commands.Noop: connection.noop,
    connection_commands.Logout: connection.logout,
    connection_commands.StartTls: connection.start_tls,
    connection_commands.Enable: connection.enable,
    connection_commands.Id: connection.identify,
    connection_commands.Namespace: connection.namespace,
    connection_commands.IdleStarted: idle.idle,
    login_commands.Login: login.login,
    login_commands.AuthStarted: login.authenticate,
    events.AuthCancelled: login.cancelled,
    select_commands.Examine: select.select,
    select_commands.Select: select.select,
    select_commands.Close: select.close,
    select_commands.Unselect: select.unselect,
    select_commands.Check: connection.noop,
    mailbox_commands.Create: mailbox.create,
    mailbox_commands.Delete: mailbox.delete,
    mailbox_commands.Rename: mailbox.rename,
    mailbox_commands.Subscribe: mailbox.subscribe,
    mailbox_commands.Unsubscribe: mailbox.unsubscribe,
    listing_commands.List: listing.list_mailboxes,
    listing_commands.Lsub: listing.list_subscribed,
    status_command.Status: status.status,
    append_command.AppendStarted: append.append,
    fetch_command.Fetch: fetch.fetch,
    store_command.Store: store.store,
    copy_commands.Copy: copy.copy,
    copy_commands.Move: copy.move,
    search_command.Search: search.search,
    expunge_commands.Expunge: expunge.expunge,
    expunge_commands.UidExpunge: expunge.uid_expunge,
}

capabilities.check(COMMANDS)
