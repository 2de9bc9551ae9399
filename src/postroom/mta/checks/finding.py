"""Finding: what one check gives, and how settings turn a failure or an outage into a Verdict."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.mailauth.results import MethodResult
from postroom.model.errors import Meaning
from postroom.model.verdict import ACCEPTED, Action, Verdict
from postroom.settings.checks import Consequence, Outage

_ACTIONS = {
    Consequence.RECORD: Action.ACCEPT,
    Consequence.TAG: Action.TAG,
    Consequence.JUNK: Action.JUNK,
    Consequence.REJECT: Action.REJECT,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`methods` are written into Authentication-Results in their order."""

    verdict: Verdict = ACCEPTED
    methods: tuple[MethodResult, ...] = ()
    client_name: str = ""
    """A name of the client's address that leads back to it."""


def failed(check: str, consequence: Consequence, meaning: Meaning, public: str, detail: str = "") -> Verdict:
    """The check has been made, and the message does not pass."""
    return Verdict(_ACTIONS[consequence], check, meaning, public, detail)


def out_of_order(check: str, outage: Outage, detail: str) -> Verdict:
    """The check can't be made now: fail open or fail closed, as its setting says."""
    if outage is Outage.ACCEPT:
        return ACCEPTED
    public = "what must be known of the sender can't be looked up at the moment"
    return Verdict(Action.DEFER, check, Meaning.SENDER_UNKNOWN_YET, public, detail)
