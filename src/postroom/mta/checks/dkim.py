"""What follows from DKIM alone (RFC 6376 §6.3): something only where a message has signatures and none of them holds."""

from __future__ import annotations

from collections.abc import Sequence

from postroom.mailauth.dkim.verify import DkimResult, DkimStatus
from postroom.model.errors import Meaning
from postroom.model.verdict import ACCEPTED, Verdict
from postroom.mta.checks.finding import failed, out_of_order
from postroom.settings.checks import CheckSettings

CHECK = "dkim"
_BROKEN = (DkimStatus.FAIL, DkimStatus.PERMERROR)


def judge(results: Sequence[DkimResult], settings: CheckSettings) -> Verdict:
    statuses = [result.status for result in results]
    if DkimStatus.PASS in statuses:
        return ACCEPTED
    if DkimStatus.TEMPERROR in statuses:
        return out_of_order(CHECK, settings.dkim_outage, _detail(results, (DkimStatus.TEMPERROR,)))
    if not any(status in _BROKEN for status in statuses):
        return ACCEPTED
    public = "no DKIM signature of this message holds"
    return failed(CHECK, settings.dkim, Meaning.DKIM_FAILED, public, _detail(results, _BROKEN))


def _detail(results: Sequence[DkimResult], statuses: Sequence[DkimStatus]) -> str:
    first = next(result for result in results if result.status in statuses)
    return f"{first.domain} {first.status.value} {first.reason}".strip()
