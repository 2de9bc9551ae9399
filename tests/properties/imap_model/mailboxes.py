"""Steps about mailboxes: SELECT and leaving it, NOOP, IDLE, LIST, STATUS, CREATE, DELETE, RENAME, SUBSCRIBE, and coming back with QRESYNC."""

from __future__ import annotations

import random
import re
from typing import Any

from properties.imap_model.changing import arrival, some_flags, some_mailbox, written
from properties.imap_model.game import QRESYNC, REV2, Cache, Game, Session
from properties.imap_model.model import Mailbox
from properties.imap_model.picture import Heard, Picture
from properties.imap_model.values import compact, pairs, values

NAMES = ("Box", "Box/Inner", "Box/Inner/Deep", "Other", "Third")


async def select(game: Game, session: Session, rnd: random.Random) -> None:
    mailbox = some_mailbox(game, rnd)
    session.read_only = rnd.random() < 0.15
    session.picture, session.saved = None, []
    verb = "EXAMINE" if session.read_only else "SELECT"
    cache = session.caches.get(mailbox.name) if session.mode == QRESYNC else None
    resync = ""
    if cache is not None:
        known = f" {compact(cache.uids)}" if cache.uids and rnd.random() < 0.5 else ""
        resync = f" (QRESYNC ({cache.validity} {cache.highest}{known}))"
    heard = await game.say(session, f'{verb} "{mailbox.name}"{resync}')
    assert heard.condition == b"OK", heard.tagged
    assert heard.code(b"READ-ONLY" if session.read_only else b"READ-WRITE") is not None
    assert heard.code(b"UIDVALIDITY") == b"%d" % mailbox.validity
    assert heard.code(b"UIDNEXT") == b"%d" % mailbox.next_uid
    assert b"* %d EXISTS" % len(mailbox.messages) in heard.others
    picture = Picture(mailbox, mailbox.uids)
    recent = [int(found[1]) for line in heard.others if (found := re.fullmatch(rb"\* (\d+) RECENT", line))]
    assert len(recent) == (0 if session.mode == REV2 else 1), heard.others
    picture.recent = sum(recent)
    picture.tells_gone = "gone" in game.server.differs
    picture.recent_later = "recent later" in game.server.differs
    session.picture = picture
    if cache is not None and cache.validity == mailbox.validity:
        _check_resync(game, session, heard, cache)


def _check_resync(game: Game, session: Session, heard: Heard, cache: Cache) -> None:
    """What the client had, less what vanished, is a part of what there is; everything changed since was told with its flags."""
    assert session.picture is not None
    mailbox = session.picture.mailbox
    told = Heard()
    for line in heard.others:
        if b" FETCH (" in line or line.startswith(b"* VANISHED"):
            game.hear(session, line, told, may_expunge=False)
    gone = {uid for uid in cache.uids if uid not in mailbox.messages}
    assert gone <= told.earlier, f"{sorted(gone - told.earlier)} vanished and were not told"
    changed = {uid for uid, each in mailbox.messages.items() if each.mod_seq > cache.highest}
    assert {uid for uid, _ in told.fetched} >= {uid for uid in changed if uid in cache.uids}


async def noop(game: Game, session: Session, rnd: random.Random) -> None:
    command = rnd.choice(("NOOP", "NOOP", "CHECK")) if session.picture is not None and session.mode != REV2 else "NOOP"
    heard = await game.say(session, command)
    assert heard.condition == b"OK"
    if session.picture is not None and command == "NOOP":
        session.picture.check_equal()


async def learn(game: Game, session: Session, rnd: random.Random) -> None:
    """All flags and UIDs, as programs do after SELECT."""
    if session.picture is None or not session.picture.uids:
        return
    there = set(session.picture.uids) & set(session.picture.mailbox.messages)
    heard = await game.say(session, "UID FETCH 1:* (FLAGS)")
    assert heard.condition == b"OK"
    assert {uid for uid, _ in heard.fetched} >= there


async def leave(game: Game, session: Session, rnd: random.Random) -> None:
    """CLOSE or UNSELECT; a client with QRESYNC keeps what it knows."""
    picture = session.picture
    if picture is None:
        return
    mailbox = picture.mailbox
    command = rnd.choice(("CLOSE", "UNSELECT"))
    if session.mode == QRESYNC or "own view" in game.server.differs:
        await game.say(session, "NOOP")
        picture.check_equal()
        session.caches[mailbox.name] = Cache(mailbox.validity, mailbox.highest, list(picture.uids))
    if command == "CLOSE" and not session.read_only:
        await game.tell_before(mailbox)
        mailbox.remove([uid for uid, each in mailbox.messages.items() if "\\Deleted" in each.flags])
    session.picture, session.saved = None, []
    heard = await game.say(session, command)
    assert heard.condition == b"OK"
    assert not any(b"EXPUNGE" in line or b"VANISHED" in line for line in heard.others), "CLOSE tells no expunges"


async def idle(game: Game, session: Session, rnd: random.Random) -> None:
    """What another client does is told to one that idles."""
    if session.picture is None:
        return
    # what is told from here on is what happens from here on
    await game.say(session, "NOOP")
    await game.idle(session, lambda: _meanwhile(game, session, rnd))


async def _meanwhile(game: Game, session: Session, rnd: random.Random) -> None:
    assert session.picture is not None
    assert game.auditor is not None
    mailbox = session.picture.mailbox
    await game.tell_before(mailbox, session)
    if rnd.random() < 0.5 or not mailbox.messages:
        arrived = arrival(game, rnd)
        mailbox.add(*arrived)
        done = await game.auditor.command(f'APPEND "{mailbox.name}" '.encode() + written(arrived))
        assert done[-1].split(b" ")[1] == b"OK", done
        return
    await game.ask(f'SELECT "{mailbox.name}"')
    message = rnd.choice(list(mailbox.messages.values()))
    if rnd.random() < 0.5:
        flags = some_flags(rnd)
        message.change(message.flags | flags)
        await game.ask(f"UID STORE {message.uid} +FLAGS.SILENT ({' '.join(sorted(flags))})")
    else:
        session.picture.leaving.add(message.uid)
        await game.ask(f"UID STORE {message.uid} +FLAGS.SILENT (\\Deleted)")
        mailbox.remove([message.uid])
        await game.ask(f"UID EXPUNGE {message.uid}")
    await game.ask("UNSELECT")


async def status(game: Game, session: Session, rnd: random.Random) -> None:
    mailbox = some_mailbox(game, rnd)
    words = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"]
    words += [word for word in ("DELETED", "SIZE") if word not in game.server.lacks]
    await game.look_first(session)
    heard = await game.say(session, f'STATUS "{mailbox.name}" ({" ".join(words)})')
    assert heard.condition == b"OK"
    (line,) = [line for line in heard.others if line.startswith(b"* STATUS")]
    name, facts = values(line[len(b"* STATUS ") :])
    assert name.decode() == mailbox.name
    wanted = mailbox.status()
    assert {key.decode(): int(value) for key, value in pairs(facts).items()} == {key: wanted[key] for key in words}


def _rows(heard: Heard, word: bytes) -> dict[str, set[bytes]]:
    rows: list[list[Any]] = [
        values(line[len(word) + 3 :]) for line in heard.others if line.startswith(b"* " + word + b" (")
    ]
    found = {row[2].decode(): set(row[0]) for row in rows}
    assert len(found) == len(rows), "a mailbox twice"
    return found


async def list_all(game: Game, session: Session, rnd: random.Random) -> None:
    pattern = rnd.choice(("*", "%", "Box/%", "Box*"))
    heard = await game.say(session, f'LIST "" "{pattern}" RETURN (SUBSCRIBED CHILDREN)')
    assert heard.condition == b"OK"
    matcher = re.compile(re.escape(pattern).replace(r"\*", ".*").replace("%", "[^/]*"))
    names = {name for name in game.account.mailboxes if matcher.fullmatch(name)}
    found = _rows(heard, b"LIST")
    assert set(found) == names, (pattern, sorted(found), sorted(names))
    for name, attributes in found.items():
        has_children = bool(game.account.children(name))
        assert (b"\\HasChildren" in attributes) == has_children, (name, attributes)
        assert (b"\\HasNoChildren" in attributes) == (not has_children), (name, attributes)
        assert (b"\\Subscribed" in attributes) == (name in game.account.subscribed), (name, attributes)


async def subscribe(game: Game, session: Session, rnd: random.Random) -> None:
    name = rnd.choice(sorted(game.account.mailboxes))
    adds = rnd.random() < 0.6
    heard = await game.say(session, f'{"SUBSCRIBE" if adds else "UNSUBSCRIBE"} "{name}"')
    assert heard.condition == b"OK"
    (game.account.subscribed.add if adds else game.account.subscribed.discard)(name)
    heard = await game.say(session, 'LIST (SUBSCRIBED) "" "*"')
    assert set(_rows(heard, b"LIST")) == game.account.subscribed


async def create(game: Game, session: Session, rnd: random.Random) -> None:
    name = rnd.choice(NAMES)
    is_there = name in game.account.mailboxes
    if "parents" in game.server.differs:
        await _make_parents(game, session, name)
    heard = await game.say(session, f'CREATE "{name}"')
    assert heard.condition == (b"NO" if is_there else b"OK"), heard.tagged
    _with_parents(game, name)


def _with_parents(game: Game, name: str) -> None:
    parts = name.split("/")
    for end in range(1, len(parts) + 1):
        game.account.mailboxes.setdefault("/".join(parts[:end]), Mailbox("/".join(parts[:end])))


async def _make_parents(game: Game, session: Session, name: str) -> None:
    """For a server that leaves them out."""
    parts = name.split("/")
    for end in range(1, len(parts)):
        parent = "/".join(parts[:end])
        if parent not in game.account.mailboxes:
            heard = await game.say(session, f'CREATE "{parent}"')
            assert heard.condition == b"OK", heard.tagged
            game.account.mailboxes[parent] = Mailbox(parent)


async def delete(game: Game, session: Session, rnd: random.Random) -> None:
    """Whoever had it selected is told by the end of the session, or by NO."""
    name = rnd.choice(NAMES)
    mailbox = game.account.mailboxes.get(name)
    above = bool(game.account.children(name))
    if above and "delete above" in game.server.differs:
        return
    refused = mailbox is None or above
    was_selected = False
    if mailbox is not None and not refused:
        was_selected = session.selected is mailbox
        if was_selected:
            session.picture, session.saved = None, []
        del game.account.mailboxes[name]
        mailbox.is_there = False
    heard = await game.say(session, f'DELETE "{name}"')
    assert heard.condition == (b"NO" if refused else b"OK"), heard.tagged
    if not refused:
        if was_selected and "deleted selected" in game.server.differs:
            await game.reconnect(session)
        for other in game.sessions:
            if other.selected is mailbox:
                other.picture = None
                told = await game.say(other, "NOOP")
                assert told.condition in (b"NO", b"BYE") or any(b"* BYE" in line for line in told.others), told
                await game.reconnect(other)


async def rename(game: Game, session: Session, rnd: random.Random) -> None:
    """With all below it; open sessions stay in the mailbox they opened."""
    old, new = rnd.choice(NAMES), rnd.choice((*NAMES, "Renamed", "Renamed/Below"))
    boxes = game.account.mailboxes
    below = new.startswith(old + "/")
    refused = old not in boxes or new in boxes or below
    if "parents" in game.server.differs and not refused:
        await _make_parents(game, session, new)
    heard = await game.say(session, f'RENAME "{old}" "{new}"')
    assert heard.condition == (b"NO" if refused else b"OK"), heard.tagged
    if refused:
        return
    moved = [boxes[name] for name in (old, *game.account.children(old))]
    for name in [old, *game.account.children(old)]:
        box = boxes.pop(name)
        box.name = new + name[len(old) :]
        boxes[box.name] = box
        game.account.validities[box.name] = box.validity
    _with_parents(game, new)
    if "renamed selected" in game.server.differs:
        for other in game.sessions:
            if other.selected in moved:
                await game.reconnect(other)
