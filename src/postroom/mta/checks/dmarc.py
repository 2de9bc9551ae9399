"""What follows from DMARC: the wish of the author's domain, as far as the settings follow it, and unless a trusted forwarder saw the message pass.

RFC 9989 §5.4 leaves the decision to the receiver; RFC 8617 §7.2 says what a chain may tell it.
"""

from __future__ import annotations

from postroom.mailauth.arc.verify import ArcResult, ArcStatus
from postroom.mailauth.dmarc.evaluate import DmarcResult, DmarcStatus
from postroom.mailauth.dmarc.record import Policy
from postroom.model.address import Address
from postroom.model.errors import Meaning
from postroom.model.verdict import ACCEPTED, Verdict
from postroom.mta.checks.finding import failed, out_of_order
from postroom.settings.checks import CheckSettings, Consequence, DmarcConsequence

CHECK = "dmarc"
AUTHOR = "author"
_ALWAYS = {
    DmarcConsequence.RECORD: Consequence.RECORD,
    DmarcConsequence.TAG: Consequence.TAG,
    DmarcConsequence.JUNK: Consequence.JUNK,
}
_FOLLOWED = {
    Policy.REJECT: Consequence.REJECT,
    Policy.QUARANTINE: Consequence.JUNK,
    Policy.NONE: Consequence.RECORD,
}


def judge(dmarc: DmarcResult, arc: ArcResult, settings: CheckSettings) -> Verdict:
    if dmarc.problem is not None:
        # a second From, behind which the first one's policy would be evaded
        public = f"the author of this message is not clear: {dmarc.problem.value}"
        return failed(AUTHOR, settings.author, Meaning.CONTENT_REFUSED, public)
    if dmarc.status is DmarcStatus.TEMPERROR:
        return out_of_order(CHECK, settings.dmarc_outage, f"{dmarc.header_from}: {dmarc.reason}")
    if dmarc.disposition is Policy.NONE or is_vouched_for(arc, settings):
        return ACCEPTED
    if arc.is_temporary and settings.arc_sealers and _is_trusted(arc.sealers[-1:], settings):
        return out_of_order(CHECK, settings.dmarc_outage, f"{dmarc.header_from}: ARC: {arc.reason}")
    consequence = _ALWAYS.get(settings.dmarc) or _FOLLOWED[dmarc.disposition]
    public = f"DMARC: {dmarc.header_from} does not stand behind this message"
    detail = f"{dmarc.header_from} wishes {dmarc.disposition.value}: {dmarc.reason}"
    return failed(CHECK, consequence, Meaning.DMARC_FAILED, public, detail)


def is_vouched_for(arc: ArcResult, settings: CheckSettings) -> bool:
    """Whether a trusted sealer saw DMARC pass, and none but trusted ones had the message since: whoever seals last could have changed it."""
    if arc.status is not ArcStatus.PASS or not settings.arc_sealers:
        return False
    for sealer, found in zip(reversed(arc.sealers), reversed(arc.found), strict=True):
        if not _is_trusted((sealer,), settings):
            return False
        if found is not None and any(one.method == "dmarc" and one.result == "pass" for one in found.results):
            return True
    return False


def _is_trusted(sealers: tuple[str, ...], settings: CheckSettings) -> bool:
    trusted = {Address("", name).ascii_domain for name in settings.arc_sealers}
    return bool(sealers) and all(sealer in trusted for sealer in sealers)
