"""Verdict: what a check says shall become of a message. A refusal is one of them and no exception until the door has to be told.

worst([accept, tag(spf), junk(dmarc)])      # junk: the message is delivered, marked, and shown as junk
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from postroom.model.errors import MailError, Meaning, NotPermitted, TryLater


class Action(enum.IntEnum):
    """From the mildest to the hardest: of several verdicts the hardest counts."""

    ACCEPT = 0
    TAG = 1
    """Deliver, with a field that says so."""
    JUNK = 2
    """Deliver into the mailbox for junk."""
    DEFER = 3
    REJECT = 4
    """Harder than DEFER: what is refused for good need not come again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one check. `public` is told to the client with the reply of `meaning`; `detail` goes to the log."""

    action: Action
    check: str = ""
    meaning: Meaning = Meaning.NOT_PERMITTED
    public: str = ""
    detail: str = ""

    @property
    def refuses(self) -> bool:
        return self.action >= Action.DEFER

    def error(self) -> MailError:
        """The refusal as a door hears of it; only where `refuses`."""
        kind = TryLater if self.action is Action.DEFER else NotPermitted
        return kind(self.public, meaning=self.meaning, detail=f"{self.check}: {self.detail or self.public}")


ACCEPTED = Verdict(Action.ACCEPT)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The hardest one, the first of equals; ACCEPTED of none."""
    return max(verdicts, key=lambda verdict: verdict.action, default=ACCEPTED)
