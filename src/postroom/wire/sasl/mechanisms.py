"""The mechanisms a server has: one table, from which each protocol announces what fits its connection.

Which of them an account or a listener may use is for the session. RFC 4422 §3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from postroom.wire.sasl.external import ExternalServer
from postroom.wire.sasl.login import LoginServer
from postroom.wire.sasl.plain import PlainServer
from postroom.wire.sasl.scram import ScramServer
from postroom.wire.sasl.steps import ServerMechanism, ServerSetup


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One row."""

    name: str
    plaintext: bool
    """Shows the server a password: not without TLS."""
    client_first: bool
    """The client may send its first message as the initial response (RFC 4422 §5 item 2a)."""
    make: Callable[[ServerSetup], ServerMechanism]


MECHANISMS: Mapping[str, Mechanism] = {
    mechanism.name: mechanism
    for mechanism in (
        Mechanism("SCRAM-SHA-256", False, True, ScramServer),
        Mechanism("PLAIN", True, True, lambda setup: PlainServer()),
        Mechanism("LOGIN", True, False, lambda setup: LoginServer()),
        Mechanism("EXTERNAL", False, True, lambda setup: ExternalServer(setup.external_id)),
    )
}
"""In the order of preference in which they are announced."""
