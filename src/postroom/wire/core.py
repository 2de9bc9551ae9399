"""The contract of every protocol core.

A core turns bytes into events and replies into bytes. The session that owns it does, in this order and in a loop:

    core.receive_data(data)            # or receive_eof()
    while True:
        event = core.next_event()
        if event is Need.DATA: break   # send core.data_to_send(), then wait for bytes
        ...                            # act on the event
        core.reply(...)                # when the event asks for one; until then next_event() is Need.REPLY

The first property of each core: any split of the same bytes gives the same events and the same output.
"""

from __future__ import annotations

import enum
from typing import Protocol, TypeVar

Event_co = TypeVar("Event_co", covariant=True)


class Need(enum.Enum):
    """What a core waits for when it has no event to give."""

    DATA = "data"
    """More bytes from the peer (or the end of its stream)."""
    REPLY = "reply"
    """Our answer to the last event."""


class CoreMisuse(Exception):
    """Our own code broke the contract: a reply without an event, bytes after the end. A defect, never a peer's doing."""


class Core(Protocol[Event_co]):
    """A sans-I/O protocol machine; `reply` differs by protocol and is not part of the common shape."""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer. Never raises for what the bytes say."""

    def receive_eof(self) -> None:
        """The peer has closed its side."""

    def next_event(self) -> Event_co | Need:
        """The next thing that happened, or what is needed before one can happen."""

    def data_to_send(self) -> bytes:
        """All bytes to be written now, each returned once."""
