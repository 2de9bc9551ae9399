"""What a client that was away has missed: VANISHED (EARLIER) and changed flags, for SELECT with QRESYNC and UID FETCH with VANISHED.

RFC 7162 §3.2.5 says that the former is the latter for the known UIDs; RFC 7162 §3.2.6. The rule for a mod_seq from before the remembered history
(`store.changing`): every UID asked about that is not there is told as vanished, but for those below a match of number and UID.
"""

from __future__ import annotations

from collections.abc import Sequence

from postroom.access.ranges import Range
from postroom.servers.imap.session import ImapSession
from postroom.wire.imap.commands.authenticated.select import Resync
from postroom.wire.imap.responses import messages


async def tell_vanished(session: ImapSession, wanted: Sequence[Range], mod_seq: int) -> None:
    """VANISHED (EARLIER) for what of `wanted` is gone; not for what this session still counts, which is told in its time."""
    gone = await session.open_mailbox.gone_after(mod_seq, wanted)
    view = session.view
    told = [pair for pair in gone if not view.knows_any(*pair)]
    for low, high in (pair for pair in gone if view.knows_any(*pair)):
        told += [(uid, uid) for uid in range(low, high + 1) if not view.sequence_number(uid)]
    for line in messages.vanished_earlier(sorted(told)):
        session.core.send(line)
        await session.flush_some()


def known_ranges(resync: Resync, uid_next: int) -> list[Range]:
    """The UIDs a client with QRESYNC is to be told about: ascending, below `uid_next`."""
    if resync.known_uids is None:
        return [(1, uid_next - 1)] if uid_next > 1 else []
    return [(low, min(high, uid_next - 1)) for low, high in resync.known_uids.resolve(0) if low < uid_next]


def unmatched(session: ImapSession, resync: Resync, wanted: Sequence[Range]) -> list[Range]:
    """What of `wanted` may have vanished: what lies above the highest match that is true (RFC 7162 §3.2.5.2)."""
    same = _same_up_to(session, resync)
    return [(max(low, same + 1), high) for low, high in wanted if high > same]


def _same_up_to(session: ImapSession, resync: Resync) -> int:
    """The highest UID with the number it had: up to it nothing vanished (RFC 7162 §3.2.5.2)."""
    for number, uid in reversed(resync.matches):
        if session.view.sequence_number(uid) == number:
            return uid
    return 0
