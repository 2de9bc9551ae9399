"""What the machines say and are told: the vocabulary shared by all mechanisms.

A session drives a `ServerMechanism` so: `start` with the initial response or None; send a `Challenge` and give the
answer to `step`; on `CredentialsWanted` look them up and call `credentials`. The exchange ends with `Succeeded`, with
`Failed`, or with a `PasswordOffered` that the session verifies. RFC 4422 §3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Challenge:
    """Octets for the client, which answers with a response."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PasswordOffered:
    """The end of a plaintext mechanism: the session verifies. Neither name nor password is empty or holds NUL."""

    authentication_id: str
    authorization_id: str
    """Whom to act as; empty for oneself."""
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CredentialsWanted:
    """The session looks up what is stored for this user and calls `credentials`."""

    authentication_id: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The mechanism has proven who it is; whether the account is allowed in is the session's."""

    authentication_id: str
    authorization_id: str
    credential: int = 0
    """Which of several passwords was proven, in the order of ScramCredentials."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No login. `reason` is for the log; `malformed` means broken syntax (501), otherwise it is a refusal (535)."""

    reason: str
    malformed: bool = False


Step = Challenge | PasswordOffered | CredentialsWanted | Succeeded | Failed


@dataclass(frozen=True, slots=True)
class ScramCredentials:
    """What is stored of a password. RFC 5802 §3. `others` are (stored key, server key) of passwords that are good as well."""

    salt: bytes
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    others: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ServerSetup:
    """What a machine can't make itself."""

    nonce: bytes = b""
    """Printable, without comma, at least 18 octets of randomness in base64; a new one for each exchange."""
    fake_salt_key: bytes = field(default=b"", repr=False)
    """A server secret: unknown users get a salt derived from it, the same each time."""
    fake_iterations: int = 4096
    """As for real users, or the number tells them apart."""
    external_id: str | None = None
    """Who the client's certificate belongs to."""


class ServerMechanism(Protocol):
    """The server's side of one exchange."""

    def start(self, initial_response: bytes | None) -> Step:
        """Begin; None when the client sent no initial response."""

    def step(self, response: bytes) -> Step:
        """The answer to the last challenge."""

    def credentials(self, found: ScramCredentials | None) -> Step:
        """The answer to CredentialsWanted; None for a user that isn't there."""


class ClientMechanism(Protocol):
    """The client's side of one exchange."""

    @property
    def name(self) -> str:
        """As announced."""

    @property
    def finished(self) -> bool:
        """The server has proven all that this mechanism lets it prove; success before that is an impostor's."""

    def initial_response(self) -> bytes | None:
        """What may be sent with the command; None when the server speaks first."""

    def step(self, challenge: bytes) -> bytes | Failed:
        """The response to a challenge."""
