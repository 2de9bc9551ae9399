"""Steps that read: FETCH, SEARCH with its forms, SORT, THREAD. The answer is worked out from the model alone."""

from __future__ import annotations

import datetime
import random
import re
from typing import Any

from properties.imap_model.changing import some_known
from properties.imap_model.game import CONDSTORE, QRESYNC, REV2, Game, Session
from properties.imap_model.model import KEYWORDS, WORDS, Criterion, Message, sent_of
from properties.imap_model.picture import Heard, Picture
from properties.imap_model.values import compact, numbers, pairs, values

_SYSTEM = {
    "\\Seen": "SEEN",
    "\\Deleted": "DELETED",
    "\\Flagged": "FLAGGED",
    "\\Answered": "ANSWERED",
    "\\Draft": "DRAFT",
}
_DATE = "%d-%b-%Y %H:%M:%S %z"


def _header(message: Message) -> bytes:
    return message.octets[: message.octets.index(b"\r\n\r\n") + 4]


def _text(message: Message) -> bytes:
    return message.octets[message.octets.index(b"\r\n\r\n") + 4 :]


def _subject_field(message: Message) -> bytes:
    return f"Subject: {message.subject}\r\n\r\n".encode()


_BODIES: dict[str, tuple[bytes, Any]] = {
    "BODY.PEEK[]": (b"BODY[]", lambda message: message.octets),
    "BODY.PEEK[HEADER]": (b"BODY[HEADER]", _header),
    "BODY.PEEK[TEXT]": (b"BODY[TEXT]", _text),
    "BODY.PEEK[1]": (b"BODY[1]", _text),
    "BODY.PEEK[]<10.30>": (b"BODY[]<10>", lambda message: message.octets[10:40]),
    "BODY.PEEK[HEADER.FIELDS (SUBJECT)]": (b"BODY[HEADER.FIELDS (SUBJECT)]", _subject_field),
    "BODY[TEXT]": (b"BODY[TEXT]", _text),
    "RFC822.HEADER": (b"RFC822.HEADER", _header),
}
_FACTS = ("FLAGS", "UID", "RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "MODSEQ")


async def fetch(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None:
        return
    text, uids, by_uid = some_known(session, rnd)
    items = rnd.sample(_FACTS, rnd.randrange(1, 4)) + rnd.sample(sorted(_BODIES), rnd.randrange(0, 3))
    if "BODY[TEXT]" in items:
        # the same twice would be told twice
        items = [item for item in items if item != "BODY.PEEK[TEXT]"]
    if session.mode == REV2:
        items = [item for item in items if item != "RFC822.HEADER"] or ["UID"]
    if session.mode not in (CONDSTORE, QRESYNC):
        # asking for it would enable it
        items = [item for item in items if item != "MODSEQ"] or ["FLAGS"]
    there = [picture.mailbox.messages[uid] for uid in uids if uid in picture.mailbox.messages]
    since, wanted = "", there
    modifiers = ""
    if session.mode == QRESYNC and rnd.random() < 0.3:
        since = rnd.choice((1, picture.mailbox.highest, *(each.mod_seq for each in there)))
        modifiers = f" (CHANGEDSINCE {since}{' VANISHED' if by_uid else ''})"
        wanted = [each for each in there if each.mod_seq > int(since)]
    if "BODY[TEXT]" in items and not session.read_only:
        for each in wanted:
            if "\\Seen" not in each.flags:
                each.change(each.flags | {"\\Seen"})
    command = f"{'UID ' if by_uid else ''}FETCH {text} ({' '.join(items)}){modifiers}"
    heard = await game.say(session, command, may_expunge=by_uid)
    complete = by_uid or modifiers or len(there) == len(uids)
    if len(there) == len(uids) or "gone" not in game.server.differs:
        assert heard.condition == (b"OK" if complete else b"NO"), heard.tagged
    _check_rows(session, heard, wanted, items, by_uid=by_uid)


def _check_rows(session: Session, heard: Heard, wanted: list[Message], items: list[str], *, by_uid: bool) -> None:
    assert session.picture is not None
    rows: dict[int, dict[bytes, Any]] = {}
    for uid, facts in heard.fetched:
        rows.setdefault(uid, {}).update(facts)
    for message in wanted:
        assert message.uid in rows, f"UID {message.uid} was not told"
        facts = rows[message.uid]
        for item in items:
            _check_item(message, facts, item)
        assert not by_uid or b"UID" in facts, "UID FETCH tells the UID"
    asked = {message.uid for message in wanted}
    for uid, facts in rows.items():
        if uid not in session.picture.mailbox.messages:
            continue  # the picture takes none that may not be
        assert uid in asked or set(facts) <= {b"UID", b"FLAGS", b"MODSEQ"}, "FETCH of what was not asked for"


def _check_item(message: Message, facts: dict[bytes, Any], item: str) -> None:
    if item in _BODIES:
        name, content = _BODIES[item]
        found = {re.sub(rb"[\"]", b"", key): value for key, value in facts.items()}[name]
        assert found == content(message), f"{item} of UID {message.uid}"
        return
    value = facts[item.encode()]
    if item == "RFC822.SIZE":
        assert int(value) == len(message.octets)
    elif item == "INTERNALDATE":
        assert datetime.datetime.strptime(value.decode().strip(), _DATE) == message.received
    elif item == "ENVELOPE":
        assert value[1] == message.subject.encode()
        assert value[9] == f"<m{message.number}@example.test>".encode()
        assert value[2] == [[None, None, f"sender{message.number % 4}".encode(), b"remote.test"]]


def _day(rnd: random.Random, first: datetime.date) -> tuple[str, datetime.date]:
    day = first + datetime.timedelta(days=rnd.randrange(40))
    return f"{day.day}-{day:%b-%Y}", day


def _single(session: Session, rnd: random.Random) -> Criterion:
    assert session.picture is not None
    known = session.picture.uids
    flag = rnd.choice(KEYWORDS)
    word = rnd.choice(WORDS).swapcase()
    size = rnd.choice((200, 260, 500))
    arrived, day = _day(rnd, datetime.date(2021, 1, 1))
    written, sent = _day(rnd, datetime.date(2020, 1, 1))
    some = sorted(rnd.sample(known, min(len(known), 4))) or [1]
    places = [session.picture.number(uid) for uid in some] if known else [1]
    highest = session.picture.mailbox.highest
    flag_key = _SYSTEM.get(flag) or f"KEYWORD {flag}"
    unflag_key = f"UN{_SYSTEM[flag]}" if flag in _SYSTEM else f"UNKEYWORD {flag}"
    choices = [
        Criterion("ALL", lambda m, n: True),
        Criterion(flag_key, lambda m, n: flag in m.flags),
        Criterion(unflag_key, lambda m, n: flag not in m.flags),
        Criterion(f"LARGER {size}", lambda m, n: len(m.octets) > size),
        Criterion(f"SMALLER {size}", lambda m, n: len(m.octets) < size),
        Criterion(f"UID {compact(some)}", lambda m, n: m.uid in some),
        Criterion(f"SINCE {arrived}", lambda m, n: m.received.date() >= day),
        Criterion(f"BEFORE {arrived}", lambda m, n: m.received.date() < day),
        Criterion(f"ON {arrived}", lambda m, n: m.received.date() == day),
        Criterion(f"SENTSINCE {written}", lambda m, n: sent_of(m.number).date() >= sent),
        Criterion(f"SENTBEFORE {written}", lambda m, n: sent_of(m.number).date() < sent),
        Criterion(f"SUBJECT {word}", lambda m, n: word.lower() in m.subject.lower()),
        Criterion(f"BODY {word}", lambda m, n: word.lower().encode() in _text(m).lower()),
        Criterion(f"TEXT {word}", lambda m, n: word.lower().encode() in m.octets.lower()),
        Criterion("FROM sender2", lambda m, n: m.number % 4 == 2),
        Criterion("HEADER References m", lambda m, n: m.number % 3 == 1 and m.number >= 5),
    ]
    if known:
        choices.append(Criterion(compact(places), lambda m, n: n in places))
    if session.mode in (CONDSTORE, QRESYNC):
        choices.append(Criterion(f"MODSEQ {max(highest - 2, 1)}", lambda m, n: m.mod_seq >= max(highest - 2, 1)))
    return rnd.choice(choices)


def some_criterion(session: Session, rnd: random.Random) -> Criterion:
    one, other = _single(session, rnd), _single(session, rnd)
    return rnd.choice((one, one, one.negated(), one.either(other), one.both(other), one.negated().both(other)))


def _matches(picture: Picture, criterion: Criterion) -> list[Message]:
    return [
        picture.mailbox.messages[uid]
        for number, uid in enumerate(picture.uids, 1)
        if uid in picture.mailbox.messages and criterion.finds(picture.mailbox.messages[uid], number)
    ]


def _found(heard: Heard, word: bytes) -> list[int]:
    """What SEARCH or SORT told in its plain form."""
    lines = [line for line in heard.others if line.startswith(b"* " + word)]
    assert len(lines) == 1, heard.others
    plain = re.sub(rb" \(MODSEQ \d+\)\Z", b"", lines[0])
    return [int(number) for number in plain.split(b" ")[2:]]


def _extended(heard: Heard, *, by_uid: bool) -> dict[bytes, Any]:
    lines = [line for line in heard.others if line.startswith(b"* ESEARCH")]
    assert len(lines) == 1, heard.others
    told = values(lines[0][len(b"* ESEARCH") :])
    assert told and told[0][0] == b"TAG", told
    rest = told[1:]
    assert bool(rest and rest[0] == b"UID") == by_uid, "UID where the command was"
    return pairs(rest[1:] if by_uid else rest)


async def search(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None:
        return
    await game.look_first(session)
    by_uid = rnd.random() < 0.5
    criterion = some_criterion(session, rnd)
    if session.saved and rnd.random() < 0.3 and "SEARCHRES" not in game.server.lacks:
        saved = set(session.saved)
        dollar = Criterion("$", lambda m, n: m.uid in saved)
        criterion = dollar.both(criterion) if rnd.random() < 0.5 else dollar
    matches = _matches(picture, criterion)
    names = [each.uid if by_uid else picture.number(each.uid) for each in matches]
    returns = [word for word in ("MIN", "MAX", "COUNT", "ALL") if rnd.random() < 0.5]
    saves = rnd.random() < 0.3 and "SEARCHRES" not in game.server.lacks
    extended = rnd.random() < 0.5
    options = f"RETURN ({' '.join([*returns, *(['SAVE'] if saves else [])])}) " if extended else ""
    heard = await game.say(session, f"{'UID ' if by_uid else ''}SEARCH {options}{criterion.text}", may_expunge=by_uid)
    assert heard.condition == b"OK", heard.tagged
    if extended and saves:
        _save(session, returns, [each.uid for each in matches])
    if not extended and session.mode != REV2:
        assert sorted(_found(heard, b"SEARCH")) == sorted(names), (names, heard.others)
        return
    if extended and saves and not returns:
        if "told of saving" in game.server.differs and any(line.startswith(b"* ESEARCH") for line in heard.others):
            assert set(_extended(heard, by_uid=by_uid)) == {b"MODSEQ"}
            return
        assert not any(line.startswith(b"* ESEARCH") for line in heard.others)
        return
    _check_extended(_extended(heard, by_uid=by_uid), (extended and returns) or ["ALL"], names)


def _save(session: Session, returns: list[str], uids: list[int]) -> None:
    """RFC 5182 §2.4: MIN and MAX alone save those, everything else saves all."""
    if returns and not {"ALL", "COUNT"} & set(returns):
        ends = ([uids[0]] if "MIN" in returns else []) + ([uids[-1]] if "MAX" in returns else []) if uids else []
        session.saved = sorted(set(ends))
    else:
        session.saved = list(uids)


def _check_extended(told: dict[bytes, Any], returns: list[str], names: list[int]) -> None:
    wanted: dict[bytes, Any] = {}
    if "COUNT" in returns:
        wanted[b"COUNT"] = len(names)
    if names:
        ends = {"MIN": min(names), "MAX": max(names)}
        wanted |= {word.encode(): value for word, value in ends.items() if word in returns}
    got = {key: int(value) for key, value in told.items() if key not in (b"ALL", b"MODSEQ")}
    assert got == wanted, (told, wanted)
    everything = told.get(b"ALL")
    assert (everything is not None) == ("ALL" in returns and bool(names)), told
    if everything is not None:
        assert sorted(numbers(everything)) == sorted(names)


_ORDERS: dict[str, Any] = {
    "ARRIVAL": lambda m: m.received,
    "DATE": lambda m: sent_of(m.number),
    "SIZE": lambda m: len(m.octets),
    "SUBJECT": lambda m: m.base_subject,
    "FROM": lambda m: f"SENDER{m.number % 4}",
}


async def sort(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None:
        return
    await game.look_first(session)
    by_uid = rnd.random() < 0.5
    criterion = some_criterion(session, rnd)
    matches = _matches(picture, criterion)
    keys = [(rnd.random() < 0.3, key) for key in rnd.sample(sorted(_ORDERS), rnd.choice((1, 1, 2)))]
    for reverse, key in reversed(keys):
        matches.sort(key=_ORDERS[key], reverse=reverse)
        if reverse:
            # equal ones keep the order of the mailbox also in a reversed key
            matches = _stable_reversed(matches, key)
    text = " ".join(f"{'REVERSE ' if reverse else ''}{key}" for reverse, key in keys)
    heard = await game.say(
        session, f"{'UID ' if by_uid else ''}SORT ({text}) UTF-8 {criterion.text}", may_expunge=by_uid
    )
    assert heard.condition == b"OK", heard.tagged
    wanted = [each.uid if by_uid else -1 for each in matches]
    found = _found(heard, b"SORT")
    if "string ties" in game.server.differs and {"SUBJECT", "FROM"} & {key for _, key in keys}:
        _check_sorted(picture, found if by_uid else [picture.uids[number - 1] for number in found], matches, keys)
    elif by_uid:
        assert found == wanted, (text, found, wanted, [(m.uid, m.subject, len(m.octets)) for m in matches])
    else:
        # expunges may not have been told in between: the numbers still are this client's
        assert [picture.uids[number - 1] for number in found] == [each.uid for each in matches]


def _check_sorted(picture: Picture, found: list[int], matches: list[Message], keys: list[tuple[bool, str]]) -> None:
    """Where messages of equal strings may come in any order: these messages, in the order of the keys up to the first string."""
    assert sorted(found) == sorted(each.uid for each in matches)
    names = [key for _, key in keys]
    leading = names[: next(at for at, key in enumerate(names, 1) if key in ("SUBJECT", "FROM"))]

    def places(messages: list[Message]) -> list[list[Any]]:
        return [[_ORDERS[key](message) for key in leading] for message in messages]

    assert places([picture.mailbox.messages[uid] for uid in found]) == places(matches)


def _stable_reversed(matches: list[Message], key: str) -> list[Message]:
    # list.sort(reverse=True) keeps equal ones in their order, which is what RFC 5256 §3 wants
    return sorted(matches, key=_ORDERS[key], reverse=True)


async def thread(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None:
        return
    await game.look_first(session)
    criterion = some_criterion(session, rnd)
    matches = _matches(picture, criterion)
    algorithm = rnd.choice(("ORDEREDSUBJECT", "REFERENCES"))
    if algorithm in game.server.lacks:
        algorithm = "REFERENCES"
    heard = await game.say(session, f"UID THREAD {algorithm} UTF-8 {criterion.text}")
    assert heard.condition == b"OK", heard.tagged
    lines = [line for line in heard.others if line.startswith(b"* THREAD")]
    assert len(lines) == 1
    threads = values(lines[0][len(b"* THREAD") :])
    told = [_flat(each) for each in threads]
    assert sorted(uid for each in told for uid in each) == [each.uid for each in matches], (told, criterion.text)
    if algorithm == "ORDEREDSUBJECT":
        groups: dict[str, list[Message]] = {}
        for each in sorted(matches, key=lambda m: (sent_of(m.number), m.uid)):
            groups.setdefault(each.base_subject, []).append(each)
        wanted = [[each.uid for each in group] for group in groups.values()]
        if "loose threads" in game.server.differs:
            told, wanted = sorted(map(sorted, told)), sorted(map(sorted, wanted))
        assert told == wanted, (wanted, [(m.uid, m.number, m.subject, str(sent_of(m.number))) for m in matches])


def _flat(threads: Any) -> list[int]:
    if isinstance(threads, list):
        return [uid for each in threads for uid in _flat(each)]
    return [int(threads)]
