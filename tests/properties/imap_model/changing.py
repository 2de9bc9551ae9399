"""Steps that change messages: APPEND, STORE, EXPUNGE, COPY, MOVE, REPLACE. Each predicts its whole answer."""

from __future__ import annotations

import datetime
import random

from properties.imap_model.game import QRESYNC, Game, Session
from properties.imap_model.model import KEYWORDS, Mailbox, Mark, Message, octets_of
from properties.imap_model.picture import Heard
from properties.imap_model.values import compact, numbers

Arrival = tuple[bytes, Mark, datetime.datetime, int]


def some_flags(rnd: random.Random) -> Mark:
    return frozenset(rnd.sample(KEYWORDS, rnd.choice((0, 1, 1, 2, 3))))


def some_mailbox(game: Game, rnd: random.Random) -> Mailbox:
    name = rnd.choice(sorted(game.account.mailboxes)) if rnd.random() < 0.5 else "INBOX"
    return game.account.mailboxes[name]


def some_known(session: Session, rnd: random.Random) -> tuple[str, list[int], bool]:
    """A set as text, the UIDs it names to this client (in order), and whether it is of UIDs."""
    assert session.picture is not None
    known = session.picture.uids
    by_uid = rnd.random() < 0.5
    name = (lambda uid: uid) if by_uid else session.picture.number
    if known and rnd.random() < 0.2:
        low = rnd.choice(known)
        return f"{name(low)}:*", [uid for uid in known if uid >= low], by_uid
    if rnd.random() < 0.15:
        return "1:*", list(known), by_uid or not known
    chosen = rnd.sample(known, min(len(known), rnd.choice((1, 1, 2, 3))))
    if not chosen:
        return "1", [], True
    text = compact([name(uid) for uid in chosen])
    return text, sorted(chosen), by_uid


def arrival(game: Game, rnd: random.Random) -> Arrival:
    number = next(game.account.counter)
    received = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=rnd.randrange(900))
    return octets_of(number, rnd.choice((0, 0, 1, 20, 400))), some_flags(rnd), received, number


def written(arrived: Arrival) -> bytes:
    octets, flags, received, _ = arrived
    return f'({" ".join(sorted(flags))}) "{received:%d-%b-%Y %H:%M:%S +0000}" {{{len(octets)}+}}\r\n'.encode() + octets


async def append(game: Game, session: Session, rnd: random.Random) -> None:
    mailbox = some_mailbox(game, rnd)
    count = 1 if rnd.random() < 0.8 or "MULTIAPPEND" in game.server.lacks else rnd.randrange(2, 4)
    arrived = [arrival(game, rnd) for _ in range(count)]
    uids = [mailbox.add(*each).uid for each in arrived]
    text = f'APPEND "{mailbox.name}" '.encode() + b" ".join(written(each) for each in arrived)
    heard = await game.say(session, text)
    assert heard.condition == b"OK"
    check_append_uid(heard, mailbox, uids)
    if session.selected is mailbox and session.picture is not None:
        assert session.picture.uids[-1] == uids[-1], "what a client appended itself it is told of at once"


def check_append_uid(heard: Heard, mailbox: Mailbox, uids: list[int]) -> None:
    code = heard.code(b"APPENDUID")
    assert code is not None
    validity, _, told = code.partition(b" ")
    assert int(validity) == mailbox.validity
    assert numbers(told) == uids, (told, uids)


async def store(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None:
        return
    text, uids, by_uid = some_known(session, rnd)
    sign, silent, flags = rnd.choice(("+", "-", "")), rnd.random() < 0.4, some_flags(rnd)
    there = [picture.mailbox.messages[uid] for uid in uids if uid in picture.mailbox.messages]
    unchanged = ""
    refused: list[int] = []
    if rnd.random() < 0.3 and there:
        limit = rnd.choice((rnd.choice(there).mod_seq, picture.mailbox.highest, 1))
        unchanged = f"(UNCHANGEDSINCE {limit}) "
        refused = [each.uid for each in there if each.mod_seq > limit]
    allowed = not session.read_only
    done = [each for each in there if each.uid not in refused] if allowed else []
    before = {each.uid: each.flags for each in done}
    for each in done:
        each.change({"+": each.flags | flags, "-": each.flags - flags, "": flags}[sign])
    dot = ".SILENT" if silent else ""
    command = f"{'UID ' if by_uid else ''}STORE {text} {unchanged}{sign}FLAGS{dot} ({' '.join(sorted(flags))})"
    was = {uid: picture.flags.get(uid) for uid in before}
    numbered = {uid: picture.number(uid) for uid in refused}
    gone = {uid if by_uid else picture.number(uid) for uid in uids if uid not in picture.mailbox.messages}
    heard = await game.say(session, command, may_expunge=by_uid)
    if not allowed:
        ignored = "store ignored" in game.server.differs and not unchanged
        assert heard.condition == (b"OK" if ignored else b"NO"), heard.tagged
        return
    # with .SILENT nothing is read of the messages, and nobody learns that some are gone
    complete = silent or by_uid or refused or len(there) == len(uids)
    if len(there) == len(uids) or "gone" not in game.server.differs:
        assert heard.condition == (b"OK" if complete else b"NO"), heard.tagged
    told = {uid for uid, facts in heard.fetched if b"FLAGS" in facts}
    if not silent:
        untold = "unchanged untold" in game.server.differs
        expected = {each.uid for each in done if not untold or each.flags != before[each.uid]}
        assert told >= expected, "STORE without .SILENT tells the flags"
    else:
        # the client now takes for true what it asked for, unless told otherwise
        for each in done:
            known = was[each.uid]
            if each.uid not in told and known is not None:
                picture.flags[each.uid] = {"+": known | flags, "-": known - flags, "": flags}[sign]
    _check_modified(game, heard, {uid if by_uid else numbered[uid] for uid in refused}, gone)


def _check_modified(game: Game, heard: Heard, refused: set[int], gone: set[int]) -> None:
    code = heard.code(b"MODIFIED")
    told = set(numbers(code)) if code is not None else set()
    if "gone" in game.server.differs:
        told -= gone
    else:
        assert (code is not None) == bool(refused), heard.tagged
    assert told == refused, (code, refused)


async def expunge(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None:
        return
    await game.look_first(session)
    await game.tell_before(picture.mailbox)
    doomed = [uid for uid, each in picture.mailbox.messages.items() if "\\Deleted" in each.flags]
    command = "EXPUNGE"
    if rnd.random() < 0.5 and picture.uids:
        chosen = rnd.sample(picture.uids, min(3, len(picture.uids)))
        doomed = [uid for uid in doomed if uid in chosen]
        command = f"UID EXPUNGE {compact(chosen)}"
    if not session.read_only:
        remove(picture.mailbox, doomed)
    heard = await game.say(session, command)
    if session.read_only:
        ignored = "expunge ignored" in game.server.differs
        assert heard.condition == b"NO" or ignored, heard.tagged
        return
    assert heard.condition == b"OK", heard.tagged
    assert not set(doomed) & set(picture.uids), "EXPUNGE tells at once what it removed"
    await check_highest(game, session, heard)


async def check_highest(game: Game, session: Session, heard: Heard) -> None:
    code = heard.code(b"HIGHESTMODSEQ")
    assert session.mode != QRESYNC or code is not None or not heard.vanished, "RFC 7162 §3.2.7"
    if code is not None and session.selected is not None:
        before = session.selected.highest
        await game.look_into(session.selected)
        assert before <= int(code) <= session.selected.highest


def remove(mailbox: Mailbox, uids: list[int]) -> None:
    mailbox.remove(uids)
    # what the counters say after it is looked at although no message that is there was touched
    mailbox.highest = mailbox.highest or 0


async def copy(game: Game, session: Session, rnd: random.Random) -> None:
    await _copy_or_move(game, session, rnd, "COPY")


async def move(game: Game, session: Session, rnd: random.Random) -> None:
    await _copy_or_move(game, session, rnd, "MOVE")


async def _copy_or_move(game: Game, session: Session, rnd: random.Random, verb: str) -> None:
    picture = session.picture
    if picture is None:
        return
    if verb == "MOVE":
        await game.tell_before(picture.mailbox)
    text, uids, by_uid = some_known(session, rnd)
    target = some_mailbox(game, rnd)
    if verb == "MOVE" and target is picture.mailbox:
        return
    if verb == "MOVE" and session.read_only and "move from examined" in game.server.differs:
        return
    missing = rnd.random() < 0.05
    name = "Nowhere" if missing else target.name
    there: list[Message] = [picture.mailbox.messages[uid] for uid in uids if uid in picture.mailbox.messages]
    holes = len(there) < len(uids) and (not by_uid or "gone" in game.server.differs)
    if not there and "copy of nothing" in game.server.differs:
        missing = False
    refused = missing or holes or (verb == "MOVE" and session.read_only)
    copies: list[int] = []
    if not refused:
        copies = target.copy_in(there)
        if verb == "MOVE":
            remove(picture.mailbox, [each.uid for each in there])
    heard = await game.say(session, f'{"UID " if by_uid else ""}{verb} {text} "{name}"')
    if refused:
        assert heard.condition == b"NO", heard.tagged
        assert not missing or heard.code(b"TRYCREATE") is not None or session.read_only, heard.tagged
        return
    assert heard.condition == b"OK", heard.tagged
    code = heard.code(b"COPYUID")
    assert (code is not None) == bool(copies), heard.tagged
    if code is not None:
        validity, sources, targets = code.split(b" ")
        assert int(validity) == target.validity
        assert dict(zip(numbers(sources), numbers(targets), strict=True)) == dict(
            zip([each.uid for each in there], copies, strict=True)
        )
    if verb == "MOVE":
        assert not {each.uid for each in there} & set(picture.uids), "MOVE tells at once what has gone"


async def replace(game: Game, session: Session, rnd: random.Random) -> None:
    picture = session.picture
    if picture is None or session.read_only or "REPLACE" in game.server.lacks:
        return
    await game.tell_before(picture.mailbox)
    known = [uid for uid in picture.uids if uid in picture.mailbox.messages]
    if not known:
        return
    uid, target, arrived = rnd.choice(known), some_mailbox(game, rnd), arrival(game, rnd)
    by_uid = rnd.random() < 0.5
    name = uid if by_uid else picture.number(uid)
    remove(picture.mailbox, [uid])
    fresh = target.add(*arrived).uid
    heard = await game.say(
        session, f'{"UID " if by_uid else ""}REPLACE {name} "{target.name}" '.encode() + written(arrived)
    )
    assert heard.condition == b"OK", heard.tagged
    check_append_uid(heard, target, [fresh])
    assert uid not in picture.uids
