"""SEARCH and UID SEARCH: RFC 3501 §6.4.4, ESEARCH RFC 4731, MODSEQ RFC 7162 §3.1.5, WITHIN RFC 5032.

The client's keys become `access`'s query here: numbers to UIDs as this client counts, flags to keywords, \\Recent to the messages that are so here.
"""

from __future__ import annotations

from functools import partial

from postroom.access import ranges as uid_ranges
from postroom.access.search import query
from postroom.access.search.evaluate import Match, Search
from postroom.access.search.query import Moment, Query, Relation
from postroom.servers.imap import flags
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.selected.search import Search as SearchCommand
from postroom.wire.imap.grammar import search_keys as keys
from postroom.wire.imap.grammar.search_keys import SearchKey, TextField, uses_mod_seq
from postroom.wire.imap.responses import search as responses
from postroom.wire.imap.view import SelectedView

_FIELDS = {
    TextField.BCC: b"bcc",
    TextField.CC: b"cc",
    TextField.FROM: b"from",
    TextField.TO: b"to",
    TextField.SUBJECT: b"subject",
}


async def search(session: ImapSession, command: SearchCommand) -> None:
    """SEARCH; only messages this client knows are found."""
    view = session.view
    with_mod_seq = uses_mod_seq(command.key)
    if with_mod_seq:
        await session.enable_condstore()
    now = session.ports.clock.now()
    asked = _translated(command.key, view, now)
    found = await Search(session.open_mailbox, asked).run([view.uids])
    uids = [match.uid for match in found]
    numbers = uids if command.uid else view.sequence_numbers(uids)
    highest = _highest(found, command.returns) if with_mod_seq and found else None
    if command.returns is None:
        session.core.send(responses.search(numbers, highest))
    else:
        session.core.send(responses.esearch(command.tag, numbers, command.returns, uid=command.uid, mod_seq=highest))
    await session.finish(allow_expunge=command.uid)


def _highest(found: list[Match], returns: frozenset[bytes] | None) -> int:
    """RFC 7162 §3.1.5: of what is returned; for MIN or MAX alone, of those messages."""
    if returns is not None and returns <= {b"MIN", b"MAX"}:
        ends = ([found[0]] if b"MIN" in returns else []) + ([found[-1]] if b"MAX" in returns else [])
        return max(match.mod_seq for match in ends)
    return max(match.mod_seq for match in found)


def _translated(key: SearchKey, view: SelectedView, now: int) -> Query:
    """Recurses as deep as the core lets keys nest."""
    inner = partial(_translated, view=view, now=now)
    match key:
        case keys.Not(key=negated):
            return query.Not(inner(negated))
        case keys.And(keys=several):
            return query.AllOf(tuple(map(inner, several)))
        case keys.Or(left=left, right=right):
            return query.AnyOf((inner(left), inner(right)))
        case keys.Numbered(sequence_set=sequence_set, uid=uid):
            return query.UidIn(view.uid_ranges(sequence_set, uid=uid))
        case keys.Flagged(flag=b"\\Recent"):
            return query.UidIn(uid_ranges.of(uid for uid in view.uids if view.is_recent(uid)))
        case keys.Flagged(flag=flag):
            return query.HasKeyword(flags.keywords((flag,)))
        case keys.Contains(field=field, text=text):
            name = _FIELDS.get(field)
            return query.HeaderHas(name, text) if name else query.TextHas(text, header=field is TextField.TEXT)
        case keys.HeaderContains(name=header_name, text=text):
            return query.HeaderHas(header_name.lower().encode("utf-8"), text)
        case keys.Dated(field=date_field, test=test, day=day):
            return query.OnDay(Moment(date_field.value), Relation(test.value), day)
        case keys.Younger(seconds=seconds):
            return query.ReceivedAfter(now - seconds)
        case keys.Larger(size=size):
            return query.LargerThan(size)
        case keys.Smaller(size=size):
            return query.SmallerThan(size)
        case keys.ModSeqSince(mod_seq=mod_seq):
            return query.ModSeqFrom(mod_seq)
        case keys.All():
            return query.Everything()
