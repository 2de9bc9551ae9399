"""The client's keys as `access`'s query: numbers to UIDs as this client counts, flags to keywords, \\Recent to the messages that are so here.

Numbers, `$` and time are those of the moment of the search, also where it goes on telling changes (RFC 5267 §4.3).
"""

from __future__ import annotations

import re
from functools import partial

from postroom.access import ranges as uid_ranges
from postroom.access.search import query
from postroom.access.search.query import Moment, Query, Relation
from postroom.servers.imap import flags
from postroom.wire.imap.grammar import search_keys as keys
from postroom.wire.imap.grammar.search_keys import IdField, SearchKey, TextField
from postroom.wire.imap.view import SelectedView

_FIELDS = {
    TextField.BCC: b"bcc",
    TextField.CC: b"cc",
    TextField.FROM: b"from",
    TextField.TO: b"to",
    TextField.SUBJECT: b"subject",
}
_IDENTIFIER = {IdField.EMAIL: re.compile(r"M([1-9][0-9]{0,17})"), IdField.THREAD: re.compile(r"T([1-9][0-9]{0,17})")}


def translated(key: SearchKey, view: SelectedView, now: int, *, loose: bool = False) -> Query:
    """The query as of `now`; recurses as deep as the core lets keys nest. `loose`: beneath a FUZZY, texts are (RFC 6203 §3)."""
    inner = partial(translated, view=view, now=now, loose=loose)
    match key:
        case keys.Fuzzy(key=fuzzy):
            return translated(fuzzy, view, now, loose=True)
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
            header = _FIELDS.get(field)
            if header:
                return query.HeaderHas(header, text, loose)
            return query.TextHas(text, field is TextField.TEXT, loose)
        case keys.HeaderContains(name=header_name, text=text):
            return query.HeaderHas(header_name.lower().encode("utf-8"), text, loose)
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
        case keys.Identified(field=id_field, name=name):
            return _identified(id_field, name)
        case keys.All():
            return query.Everything()


def _identified(field: IdField, name: str) -> Query:
    """By the identifiers that FETCH gives; any other names nothing (RFC 8474 §6)."""
    found = _IDENTIFIER[field].fullmatch(name)
    if found is None:
        return query.UidIn(())
    value = int(found[1])
    return query.IsEmail(value) if field is IdField.EMAIL else query.InThread(value)
