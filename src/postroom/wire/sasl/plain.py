"""PLAIN: name and password in one response. RFC 4616.

Both are handed on as they came; comparing them in a prepared form is the directory's business.
"""

from __future__ import annotations

from postroom.wire.core import CoreMisuse
from postroom.wire.sasl.steps import Challenge, Failed, PasswordOffered, ScramCredentials, Step
from postroom.wire.sasl.text import EMPTY, MALFORMED, NAME_LIMIT, PASSWORD_LIMIT, read_text


class PlainServer:
    """message = [authzid] UTF8NUL authcid UTF8NUL passwd."""

    def start(self, initial_response: bytes | None) -> Step:
        """The whole exchange when there is an initial response."""
        return Challenge(b"") if initial_response is None else self.step(initial_response)

    def step(self, response: bytes) -> Step:
        """Read the one message."""
        parts = response.split(b"\0", 3)
        if len(parts) != 3:
            return MALFORMED
        authorization_id = read_text(parts[0], NAME_LIMIT)
        authentication_id = read_text(parts[1], NAME_LIMIT)
        password = read_text(parts[2], PASSWORD_LIMIT)
        if authorization_id is None or authentication_id is None or password is None:
            return MALFORMED
        if not authentication_id or not password:
            return EMPTY
        return PasswordOffered(authentication_id, authorization_id, password)

    def credentials(self, found: ScramCredentials | None) -> Step:
        """PLAIN never asks."""
        raise CoreMisuse("PLAIN wants no credentials")


class PlainClient:
    """Sends the one message."""

    name = "PLAIN"

    def __init__(self, authentication_id: str, password: str, authorization_id: str = "") -> None:
        if "\0" in authentication_id + password + authorization_id or not authentication_id or not password:
            raise ValueError("PLAIN needs a name and a password without NUL")
        self._message = f"{authorization_id}\0{authentication_id}\0{password}".encode()
        self.finished = False

    def initial_response(self) -> bytes | None:
        """The message."""
        self.finished = True
        return self._message

    def step(self, challenge: bytes) -> bytes | Failed:
        """The message again, for a server that asked first with an empty challenge."""
        if challenge:
            return Failed("PLAIN has no challenges")
        self.finished = True
        return self._message
