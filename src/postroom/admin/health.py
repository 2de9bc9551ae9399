"""How well the server is: each thing that an administrator would want to hear of, with the page where it is mended."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.model.operation.health import HealthCheck, InterfaceState, ServerState, State
from postroom.model.operation.indexing import IndexTotals
from postroom.model.security.acme import AcmeOrder
from postroom.model.security.certificate import KeptCertificate
from postroom.settings.document import Settings

_SOON = 14 * 86_400  # seconds before the end of a certificate
_LITTLE = 0.10  # of the disk
_VERY_LITTLE = 0.03
_LONG = 24 * 3600  # seconds of indexing that lie ahead
_OLD = 4 * 3600  # seconds that a recipient waits: when senders are warned too


@dataclass(frozen=True, slots=True)
class Known:
    """What the checks look at, gathered before."""

    now: int
    settings: Settings
    server: ServerState
    disk: tuple[int, int, int]
    interfaces: list[InterfaceState]
    certificates: list[KeptCertificate]
    waiting: int
    oldest_waiting: int | None
    orders: list[AcmeOrder]
    index: IndexTotals


def checks(known: Known) -> list[HealthCheck]:
    """All of them, what is well too."""
    return [
        _listeners(known),
        _interface(known),
        _certificate(known),
        _storage(known),
        _queue(known),
        _search(known),
        _processes(known),
        _protection(known),
    ]


def worst(found: list[HealthCheck]) -> State:
    order = [State.OK, State.WARNING, State.ERROR]
    return max((check.state for check in found), key=order.index, default=State.OK)


def _listeners(known: Known) -> HealthCheck:
    closed = [one for one in known.server.listeners if not one.open]
    if not closed:
        count = len({(one.door, one.port) for one in known.server.listeners})
        return HealthCheck("listeners", "Ports", State.OK, f"all {count} ports are open", "/protocol/smtp")
    told = "; ".join(f"{one.door} on {one.address} port {one.port}: {one.error}" for one in closed[:5])
    return HealthCheck("listeners", "Ports", State.ERROR, f"not open: {told}", "/protocol/smtp")


def _interface(known: Known) -> HealthCheck:
    chosen = known.settings.network.interface
    title, page = "Network interface", "/protocol/network"
    if chosen == "all":
        return HealthCheck("interface", title, State.OK, "mail listens on every interface", page)
    found = next((one for one in known.interfaces if one.name == chosen), None)
    if found is None:
        return HealthCheck(
            "interface", title, State.ERROR, f"{chosen} is not there: mail listens on loopback only", page
        )
    if not found.addresses:
        return HealthCheck(
            "interface", title, State.ERROR, f"{chosen} has no address: mail listens on loopback only", page
        )
    if not found.is_up:
        return HealthCheck("interface", title, State.WARNING, f"{chosen} has no link", page)
    return HealthCheck("interface", title, State.OK, f"{chosen}: {', '.join(found.addresses)}", page)


def _certificate(known: Known) -> HealthCheck:
    title, page = "Certificates", "/security/certificates"
    worst_state, told = State.OK, []
    for one in known.certificates:
        if one.facts is None:
            worst_state, text = State.ERROR, f"{one.name} can't be read: {one.fault}"
        elif one.facts.not_after <= known.now:
            worst_state, text = State.ERROR, f"{one.name} has expired"
        elif one.facts.not_after - known.now < _SOON:
            worst_state = State.WARNING if worst_state is State.OK else worst_state
            text = f"{one.name} ends in {(one.facts.not_after - known.now) // 86_400} days"
        else:
            continue
        told.append(text)
    for order in known.orders:
        if order.fault:
            worst_state = State.WARNING if worst_state is State.OK else worst_state
            told.append(f"{order.certificate} was not {'renewed' if order.renew_at else 'issued'}: {order.fault}")
    if not known.certificates:
        return HealthCheck("certificates", title, State.ERROR, "there is none", page)
    if told:
        return HealthCheck("certificates", title, worst_state, "; ".join(told[:5]), page)
    default = next((one for one in known.certificates if one.name == known.settings.certificates.default), None)
    if default is not None and default.facts is not None and default.facts.self_signed:
        text = "the default certificate is self-signed: mail programs will warn of it"
        return HealthCheck("certificates", title, State.WARNING, text, page)
    return HealthCheck("certificates", title, State.OK, "all are valid", page)


def _storage(known: Known) -> HealthCheck:
    total, _, free = known.disk
    share = free / total if total else 0.0
    text = f"{share:.0%} of the disk is free"
    state = State.ERROR if share < _VERY_LITTLE else State.WARNING if share < _LITTLE else State.OK
    return HealthCheck("storage", "Storage", state, text, "/backup")


def _queue(known: Known) -> HealthCheck:
    title, page = "Queue", "/queue"
    if not known.settings.relay.enabled:
        state = State.WARNING if known.waiting else State.OK
        return HealthCheck("queue", title, state, f"sending is turned off; {known.waiting} wait", page)
    oldest = known.oldest_waiting
    if oldest is not None and known.now - oldest > _OLD:
        hours = (known.now - oldest) // 3600
        return HealthCheck("queue", title, State.WARNING, f"the oldest message has waited for {hours} hours", page)
    return HealthCheck("queue", title, State.OK, f"{known.waiting} wait" if known.waiting else "nothing waits", page)


def _search(known: Known) -> HealthCheck:
    title, page = "Full-text search", "/protocol/search"
    waiting = known.index.waiting
    if not known.settings.search.enabled:
        return HealthCheck("search", title, State.OK, "it is turned off: searches read messages", page)
    if known.settings.search.paused and waiting:
        return HealthCheck("search", title, State.WARNING, f"indexing is paused; {waiting} messages wait", page)
    pace = known.index.per_second
    if pace and waiting / pace > _LONG:
        text = f"{waiting} messages wait to be indexed, for about {int(waiting / pace) // 3600} hours"
        return HealthCheck("search", title, State.WARNING, text, page)
    return HealthCheck("search", title, State.OK, f"{waiting} messages wait" if waiting else "all is indexed", page)


def _processes(known: Known) -> HealthCheck:
    restarted = [one for one in known.server.processes if one.restarts]
    if restarted:
        count = sum(one.restarts for one in restarted)
        text = f"{count} times a process died and was replaced since the start; the log says why"
        return HealthCheck("processes", "Processes", State.WARNING, text, "/overview")
    return HealthCheck("processes", "Processes", State.OK, "none had to be replaced", "/overview")


def _protection(known: Known) -> HealthCheck:
    title, page = "Passwords", "/protocol/imap-pop3"
    if not known.settings.imap_pop3.prohibit_plaintext:
        text = "may be sent over connections that are not encrypted"
        return HealthCheck("passwords", title, State.WARNING, text, page)
    return HealthCheck("passwords", title, State.OK, "only over encrypted connections", page)
