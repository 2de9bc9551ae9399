"""What follows from each result of SPF, of both identities."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from postroom.mailauth.arrival import SenderResults
from postroom.mailauth.spf.check import SpfResult, SpfStatus
from postroom.model.verdict import Action
from postroom.mta.checks import spf
from postroom.settings.checks import CheckSettings, Consequence, Outage

STRICT = CheckSettings(spf=Consequence.REJECT, spf_softfail=Consequence.JUNK, spf_outage=Outage.DEFER)
FOUR = "192.0.2.7"


@pytest.mark.parametrize(
    ("path", "helo", "action"),
    [
        (SpfStatus.PASS, SpfStatus.PASS, Action.ACCEPT),
        (SpfStatus.NONE, SpfStatus.NONE, Action.ACCEPT),
        (SpfStatus.NEUTRAL, SpfStatus.NONE, Action.ACCEPT),
        (SpfStatus.PERMERROR, SpfStatus.NONE, Action.ACCEPT),
        (SpfStatus.FAIL, SpfStatus.PASS, Action.REJECT),
        (SpfStatus.SOFTFAIL, SpfStatus.PASS, Action.JUNK),
        (SpfStatus.TEMPERROR, SpfStatus.PASS, Action.DEFER),
        (SpfStatus.PASS, SpfStatus.FAIL, Action.REJECT),
        (SpfStatus.TEMPERROR, SpfStatus.FAIL, Action.REJECT),
        (SpfStatus.PASS, SpfStatus.SOFTFAIL, Action.ACCEPT),
        (SpfStatus.PASS, SpfStatus.TEMPERROR, Action.ACCEPT),
    ],
)
def test_spf(path: SpfStatus, helo: SpfStatus, action: Action) -> None:
    found = SenderResults(SpfResult(helo, "helo", "mx.test"), SpfResult(path, "mailfrom", "a.test", "no\twords"), "")
    assert spf.judge(found, ip_address(FOUR), STRICT).action is action


def test_a_refused_client_hears_the_domains_own_words_in_short() -> None:
    result = SpfResult(SpfStatus.FAIL, "mailfrom", "a.test", "z" * 500)
    found = SenderResults(SpfResult(SpfStatus.NONE, "helo", "mx.test"), result, "")
    public = spf.judge(found, ip_address(FOUR), STRICT).public
    assert "a.test explains: zzz" in public and len(public) < 320
