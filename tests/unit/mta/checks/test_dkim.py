"""What follows from DKIM alone."""

from __future__ import annotations

import pytest

from postroom.mailauth.dkim.verify import DkimResult, DkimStatus
from postroom.model.verdict import Action
from postroom.mta.checks import dkim
from postroom.settings.checks import CheckSettings, Consequence, Outage

STRICT = CheckSettings(dkim=Consequence.REJECT, dkim_outage=Outage.DEFER)


@pytest.mark.parametrize(
    ("statuses", "action"),
    [
        ([], Action.ACCEPT),
        ([DkimStatus.PASS], Action.ACCEPT),
        ([DkimStatus.FAIL, DkimStatus.PASS], Action.ACCEPT),
        ([DkimStatus.TEMPERROR, DkimStatus.PASS], Action.ACCEPT),
        ([DkimStatus.FAIL], Action.REJECT),
        ([DkimStatus.PERMERROR], Action.REJECT),
        ([DkimStatus.NEUTRAL], Action.ACCEPT),
        ([DkimStatus.POLICY], Action.ACCEPT),
        ([DkimStatus.FAIL, DkimStatus.TEMPERROR], Action.DEFER),
    ],
)
def test_dkim(statuses: list[DkimStatus], action: Action) -> None:
    results = [DkimResult(status, "a.test", "s", "", "rsa-sha256", "AAAA") for status in statuses]
    assert dkim.judge(results, STRICT).action is action
