"""EXTERNAL: who the client is was shown outside SASL, by its TLS certificate.

The session says whose certificate it is. RFC 4422 Appendix A.
"""

from __future__ import annotations

from postroom.wire.core import CoreMisuse
from postroom.wire.sasl.steps import Challenge, Failed, ScramCredentials, Step, Succeeded
from postroom.wire.sasl.text import MALFORMED, NAME_LIMIT, read_text


class ExternalServer:
    """extern-initial-resp = *( UTF8-char-no-nul ), the authorization id."""

    def __init__(self, external_id: str | None) -> None:
        self._external_id = external_id

    def start(self, initial_response: bytes | None) -> Step:
        """The whole exchange when there is an initial response."""
        return Challenge(b"") if initial_response is None else self.step(initial_response)

    def step(self, response: bytes) -> Step:
        """Read whom to act as."""
        authorization_id = read_text(response, NAME_LIMIT)
        if authorization_id is None:
            return MALFORMED
        if not self._external_id:
            return Failed("no identity outside SASL")
        return Succeeded(self._external_id, authorization_id)

    def credentials(self, found: ScramCredentials | None) -> Step:
        """EXTERNAL never asks."""
        raise CoreMisuse("EXTERNAL wants no credentials")


class ExternalClient:
    """Says whom to act as, or nothing."""

    name = "EXTERNAL"

    def __init__(self, authorization_id: str = "") -> None:
        self._authorization_id = authorization_id.encode()
        self.finished = False

    def initial_response(self) -> bytes | None:
        """The authorization id."""
        self.finished = True
        return self._authorization_id

    def step(self, challenge: bytes) -> bytes | Failed:
        """The same, for a server that asked first."""
        self.finished = True
        return self._authorization_id
