"""What follows from SPF (RFC 7208 §8): of both identities, the reverse path first."""

from __future__ import annotations

from postroom.mailauth.arrival import SenderResults
from postroom.mailauth.spf.check import SpfResult, SpfStatus
from postroom.model.errors import Meaning
from postroom.model.session import IpAddress
from postroom.model.verdict import ACCEPTED, Verdict, worst
from postroom.mta.checks.finding import failed, out_of_order
from postroom.settings.checks import CheckSettings

CHECK = "spf"
_EXPLANATION = 200  # characters of the domain's own words that a refused client is told


def judge(found: SenderResults, address: IpAddress, settings: CheckSettings) -> Verdict:
    """A HELO name that forbids the client counts like a reverse path that does; its softer results are only recorded."""
    verdict = _of_path(found.reverse_path, address, settings)
    if found.helo.status is SpfStatus.FAIL:
        return worst([verdict, _failed(found.helo, address, settings)])
    return verdict


def _of_path(result: SpfResult, address: IpAddress, settings: CheckSettings) -> Verdict:
    match result.status:
        case SpfStatus.FAIL:
            return _failed(result, address, settings)
        case SpfStatus.SOFTFAIL:
            public = f"SPF: {address} should not send mail for {result.domain}"
            return failed(CHECK, settings.spf_softfail, Meaning.SPF_FAILED, public, _detail(result))
        case SpfStatus.TEMPERROR:
            return out_of_order(CHECK, settings.spf_outage, _detail(result))
        case _:
            return ACCEPTED


def _failed(result: SpfResult, address: IpAddress, settings: CheckSettings) -> Verdict:
    public = f"SPF: {address} may not send mail for {result.domain}"
    if result.explanation:
        public += f"; {result.domain} explains: {result.explanation[:_EXPLANATION]}"
    return failed(CHECK, settings.spf, Meaning.SPF_FAILED, public, _detail(result))


def _detail(result: SpfResult) -> str:
    return f"{result.identity} {result.domain} {result.status.value} {result.reason}".rstrip()
