"""What orders certificates and renews them, in the first worker."""

from __future__ import annotations

from typing import Any

import msgspec

from postroom.admin.security.renewal import Renewal
from postroom.app.adapters import Adapters
from postroom.app.folder import DataFolder
from postroom.app.operating import certificate_rooms
from postroom.model.errors import TryLater
from postroom.model.operation.health import STATUS_NAME
from postroom.net.acme.answers import AnswerFolder
from postroom.net.acme.hook import DnsHook
from postroom.net.acme.issuer import AcmeIssuer
from postroom.notify.local import SETTINGS
from postroom.servers.acme.doors import NAMES


def build_renewal(adapters: Adapters) -> Renewal:
    data = adapters.data

    def announce() -> None:
        adapters.bus.send(SETTINGS)

    answers = AnswerFolder(data.answers)
    answers.clear()  # of a worker that died in the middle
    issuer = AcmeIssuer(
        (answers, lambda words: DnsHook(data.hooks, words)),
        lambda: adapters.settings.current()[1].certificates,  # as it is now: an order comes at once behind a change
        lambda kind: _is_open(data, NAMES[kind]),
        announce,
        adapters.clock.now,
    )
    return Renewal(certificate_rooms(adapters), issuer, announce)


def _is_open(data: DataFolder, name: str) -> bool:
    """Whether the supervisor has opened this listener. Raises TryLater where it can't."""
    try:
        status: dict[str, Any] = msgspec.json.decode((data.run / STATUS_NAME).read_bytes())
    except (OSError, msgspec.DecodeError):
        return False
    found = [item for item in status["listeners"] if item["door"] == name]
    for item in found:  # on each address: nobody knows at which one the authority looks
        if not item["open"]:
            raise TryLater(f"port {item['port']} can't be opened: {item['error']}")
    return bool(found)
