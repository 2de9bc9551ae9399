"""LOGIN: name and password in two responses; never standardised, still what many clients try first.

An initial response is taken as the name, as those clients mean it.
"""

from __future__ import annotations

from postroom.wire.core import CoreMisuse
from postroom.wire.sasl.steps import Challenge, Failed, PasswordOffered, ScramCredentials, Step
from postroom.wire.sasl.text import EMPTY, MALFORMED, NAME_LIMIT, PASSWORD_LIMIT, read_text


class LoginServer:
    """Asks for one, then for the other, in the words that clients know."""

    def __init__(self) -> None:
        self._authentication_id: str | None = None

    def start(self, initial_response: bytes | None) -> Step:
        """Ask for the name unless it is there."""
        return Challenge(b"Username:") if initial_response is None else self.step(initial_response)

    def step(self, response: bytes) -> Step:
        """The name, then the password."""
        if self._authentication_id is None:
            name = read_text(response, NAME_LIMIT)
            if name is None:
                return MALFORMED
            self._authentication_id = name
            return Challenge(b"Password:") if name else EMPTY
        password = read_text(response, PASSWORD_LIMIT)
        if password is None:
            return MALFORMED
        if not password or not self._authentication_id:
            return EMPTY
        return PasswordOffered(self._authentication_id, "", password)

    def credentials(self, found: ScramCredentials | None) -> Step:
        """LOGIN never asks."""
        raise CoreMisuse("LOGIN wants no credentials")


class LoginClient:
    """Answers the first question with the name and the second with the password, whatever they say."""

    name = "LOGIN"

    def __init__(self, authentication_id: str, password: str) -> None:
        if not authentication_id or not password:
            raise ValueError("LOGIN needs a name and a password")
        self._answers = [password.encode(), authentication_id.encode()]

    @property
    def finished(self) -> bool:
        """Both were sent."""
        return not self._answers

    def initial_response(self) -> bytes | None:
        """The server speaks first."""
        return None

    def step(self, challenge: bytes) -> bytes | Failed:
        """The next answer."""
        return self._answers.pop() if self._answers else Failed("a third question")
