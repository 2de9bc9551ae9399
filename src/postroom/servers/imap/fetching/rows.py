"""FETCH lines made of columns alone: one formatting for all the lines of a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

from postroom.model.email import Column
from postroom.servers.imap import flags
from postroom.servers.imap.fetching.plan import Plan, Values, values_of
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.view import SelectedView


def send(session: ImapSession, plan: Plan, found: Sequence[tuple[Any, ...]]) -> list[int]:
    """Queue the lines of a chunk; returns UIDs of messages whose header cache can't tell, which have no line yet."""
    values = small_values(session, plan, found)
    uids = [row[0] for row in found]
    opened = unknown(values, uids)
    template = session.fetch_head + plan.template + b")\r\n"
    numbers = session.fetch_names(uids)
    columns = [numbers, *values]
    count = len(uids)
    if opened:
        gone = set(opened)
        kept = [uid not in gone for uid in uids]
        columns = [list(compress(column, kept)) for column in columns]
        count -= len(gone)
    width = len(columns)
    flat: list[Any] = [None] * (count * width)
    for at, column in enumerate(columns):
        flat[at::width] = column
    session.core.send(template * count % tuple(flat))
    return opened


def small_values(session: ImapSession, plan: Plan, found: Sequence[tuple[Any, ...]]) -> Values:
    """The values of the plan's template, \\Recent among the flags where it is due."""
    values = values_of(plan, found)
    view = session.view
    if view.recent_count:
        at = 0
        for item in plan.small:
            if item.columns == (Column.BITS, Column.OTHERS):
                values[at] = _marked(view, [row[0] for row in found], values[at])
            at += item.template.count(b"%") - 2 * item.template.count(b"%%")
    return values


def _marked(view: SelectedView, uids: Sequence[int], words: Sequence[bytes]) -> Sequence[bytes]:
    """These flags, with \\Recent where it is due: at the first look at a mailbox that is all of it."""
    if view.all_recent(uids):
        return list(map(flags.with_recent, words))
    is_recent = view.is_recent
    return [flags.with_recent(word) if is_recent(uid) else word for uid, word in zip(uids, words, strict=True)]


def unknown(values: Values, uids: Sequence[int]) -> list[int]:
    """UIDs of rows for which some value is None."""
    gone = {at for column in values if None in column for at, value in enumerate(column) if value is None}
    return [uids[at] for at in sorted(gone)]
