"""What follows from DMARC, from an author that is not clear, and from what trusted forwarders saw."""

from __future__ import annotations

import pytest

from postroom.mailauth.arc.verify import ArcResult, ArcStatus
from postroom.mailauth.dmarc.author import AuthorProblem
from postroom.mailauth.dmarc.evaluate import DmarcResult, DmarcStatus
from postroom.mailauth.dmarc.record import Policy
from postroom.mailauth.results import AuthenticationResults, MethodResult
from postroom.model.errors import Meaning
from postroom.model.verdict import Action
from postroom.mta.checks import dmarc
from postroom.settings.checks import CheckSettings, Consequence, DmarcConsequence, Outage

STRICT = CheckSettings(dmarc_outage=Outage.DEFER)
NO_CHAIN = ArcResult(ArcStatus.NONE)


def failing(wish: Policy) -> DmarcResult:
    return DmarcResult(DmarcStatus.FAIL, "a.test", "a.test", policy=wish, disposition=wish)


@pytest.mark.parametrize(
    ("setting", "reject", "quarantine"),
    [
        (DmarcConsequence.FOLLOW, Action.REJECT, Action.JUNK),
        (DmarcConsequence.JUNK, Action.JUNK, Action.JUNK),
        (DmarcConsequence.TAG, Action.TAG, Action.TAG),
        (DmarcConsequence.RECORD, Action.ACCEPT, Action.ACCEPT),
    ],
)
def test_dmarc(setting: DmarcConsequence, reject: Action, quarantine: Action) -> None:
    settings = CheckSettings(dmarc=setting)
    assert dmarc.judge(failing(Policy.REJECT), NO_CHAIN, settings).action is reject
    assert dmarc.judge(failing(Policy.QUARANTINE), NO_CHAIN, settings).action is quarantine
    assert dmarc.judge(failing(Policy.NONE), NO_CHAIN, settings).action is Action.ACCEPT


def test_dmarc_that_can_not_be_looked_up() -> None:
    silent = DmarcResult(DmarcStatus.TEMPERROR, "a.test", policy=Policy.REJECT)
    assert dmarc.judge(silent, NO_CHAIN, STRICT).action is Action.DEFER
    assert dmarc.judge(silent, NO_CHAIN, CheckSettings()).action is Action.ACCEPT


@pytest.mark.parametrize("problem", list(AuthorProblem))
def test_who_has_no_clear_author_does_not_evade_dmarc(problem: AuthorProblem) -> None:
    unclear = DmarcResult(DmarcStatus.PERMERROR, "", problem=problem, reason=problem.value)
    assert dmarc.judge(unclear, NO_CHAIN, CheckSettings()).action is Action.JUNK
    refused = dmarc.judge(unclear, NO_CHAIN, CheckSettings(author=Consequence.REJECT))
    assert (refused.action, refused.meaning) == (Action.REJECT, Meaning.CONTENT_REFUSED)


def chain(*sets: tuple[str, str], status: ArcStatus = ArcStatus.PASS, is_temporary: bool = False) -> ArcResult:
    """Each sealer with what it found of DMARC, the oldest first."""
    found = tuple(AuthenticationResults(sealer, (MethodResult("dmarc", result),)) for sealer, result in sets)
    return ArcResult(status, len(sets), tuple(sealer for sealer, _ in sets), found, is_temporary=is_temporary)


@pytest.mark.parametrize(
    ("arc", "action"),
    [
        (NO_CHAIN, Action.REJECT),
        (chain(("list.test", "pass")), Action.ACCEPT),
        (chain(("list.test", "fail")), Action.REJECT),
        (chain(("evil.test", "pass")), Action.REJECT),
        (chain(("list.test", "pass"), ("evil.test", "pass")), Action.REJECT),
        (chain(("evil.test", "pass"), ("list.test", "fail")), Action.REJECT),
        (chain(("list.test", "pass"), ("other.test", "fail")), Action.ACCEPT),
        (chain(("list.test", "pass"), status=ArcStatus.FAIL), Action.REJECT),
        (chain(("list.test", "pass"), status=ArcStatus.FAIL, is_temporary=True), Action.DEFER),
        (chain(("evil.test", "pass"), status=ArcStatus.FAIL, is_temporary=True), Action.REJECT),
    ],
)
def test_trusted_forwarders(arc: ArcResult, action: Action) -> None:
    settings = CheckSettings(arc_sealers=("list.test", "other.test"), dmarc_outage=Outage.DEFER)
    assert dmarc.judge(failing(Policy.REJECT), arc, settings).action is action


def test_nobody_is_trusted_by_default() -> None:
    assert dmarc.judge(failing(Policy.REJECT), chain(("list.test", "pass")), CheckSettings()).action is Action.REJECT
