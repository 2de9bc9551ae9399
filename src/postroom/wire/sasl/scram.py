"""SCRAM-SHA-256, the server's side: a proof of the password without showing it. RFC 5802, RFC 7677.

An unknown user is led through the same exchange with a salt that is made up but constant; only the proof fails. Channel
binding is not offered: a client that believes it saw it (`y`) goes on, one that wants it (`p=`) is refused.
A user may have several passwords with one salt: the proof is compared with each.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re

from postroom.saslprep import saslprep
from postroom.wire.core import CoreMisuse
from postroom.wire.sasl.base64_text import decode_base64, encode_base64
from postroom.wire.sasl.steps import (
    Challenge,
    CredentialsWanted,
    Failed,
    ScramCredentials,
    ServerSetup,
    Step,
    Succeeded,
)
from postroom.wire.sasl.text import EMPTY, MALFORMED, NAME_LIMIT, read_text

_NONCE = rb"[!-+\--~]"  # printable without comma
_NONCE_ALONE = re.compile(_NONCE + rb"{8,256}\Z")
_SASLNAME = rb"[^,\x00]{1,765}"  # 255 octets, each perhaps written as three

# client-first-message = gs2-header client-first-message-bare; `m=` (mandatory extension) is refused by not matching
_CLIENT_FIRST = re.compile(
    rb"(?P<gs2>(?P<flag>n|y|p=[A-Za-z0-9.-]{1,64}),(?:a=(?P<authzid>" + _SASLNAME + rb"))?,)"
    rb"(?P<bare>n=(?P<name>[^,\x00]{0,765}),r=(?P<nonce>" + _NONCE + rb"{8,256})(?:,[a-zA-Z]=[^,\x00]{1,256}){0,8})\Z"
)
# client-final-message = channel-binding "," nonce ["," extensions] "," proof
_CLIENT_FINAL = re.compile(
    rb"(?P<without_proof>c=(?P<binding>[A-Za-z0-9+/=]{1,1200}),r=(?P<nonce>" + _NONCE + rb"{8,512})"
    rb"(?:,[a-oq-zA-Z]=[^,\x00]{1,256}){0,8}),p=(?P<proof>[A-Za-z0-9+/=]{1,128})\Z"
)
_BAD_ESCAPE = re.compile(r"=(?!2C|3D)")


def sign(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, message, "sha256")


def exclusive_or(left: bytes, right: bytes) -> bytes:
    """XOR of two strings of equal length."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def derive(password: bytes, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """ClientKey and ServerKey of a prepared password (RFC 5802 §3). Milliseconds: not for the event loop."""
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
    return sign(salted, b"Client Key"), sign(salted, b"Server Key")


def make_credentials(password: str, salt: bytes, iterations: int) -> ScramCredentials:
    """What to store of a password. Raises ValueError when SASLprep refuses it."""
    prepared = saslprep(password)
    if not prepared:
        raise ValueError("a password that cannot be prepared")
    client_key, server_key = derive(prepared.encode(), salt, iterations)
    return ScramCredentials(salt, iterations, hashlib.sha256(client_key).digest(), server_key)


def read_name(octets: bytes) -> str | None:
    """saslname = 1*(value-safe-char / "=2C" / "=3D"), prepared."""
    text = read_text(octets, 3 * NAME_LIMIT)
    if text is None or _BAD_ESCAPE.search(text):
        return None
    name = saslprep(text.replace("=2C", ",").replace("=3D", "="))
    return name if name is not None and len(name.encode()) <= NAME_LIMIT else None


class _Stage(enum.Enum):
    FIRST = 1
    LOOKUP = 2
    FINAL = 3
    PROVEN = 4
    OVER = 5


class ScramServer:
    """client-first → lookup → server-first → client-final → server-final → empty response."""

    def __init__(self, setup: ServerSetup) -> None:
        if not _NONCE_ALONE.match(setup.nonce) or not setup.fake_salt_key:
            raise CoreMisuse("SCRAM needs a nonce and a key for made-up salts")
        self._setup = setup
        self._stage = _Stage.FIRST
        self._authentication_id = ""
        self._authorization_id = ""
        self._gs2 = self._bare = self._nonce = self._server_first = b""
        self._credentials: ScramCredentials | None = None
        self._is_known = False
        self._proven = 0

    def start(self, initial_response: bytes | None) -> Step:
        """The client speaks first."""
        return Challenge(b"") if initial_response is None else self.step(initial_response)

    def step(self, response: bytes) -> Step:
        """The next message of the client."""
        stage, self._stage = self._stage, _Stage.OVER
        if stage is _Stage.FIRST:
            return self._client_first(response)
        if stage is _Stage.FINAL:
            return self._client_final(response)
        if stage is _Stage.PROVEN:
            return MALFORMED if response else Succeeded(self._authentication_id, self._authorization_id, self._proven)
        raise CoreMisuse("a SCRAM response out of turn")

    def _client_first(self, response: bytes) -> Step:
        found = _CLIENT_FIRST.match(response)
        if found is None:
            return MALFORMED
        if found["flag"].startswith(b"p"):
            return Failed("channel binding is not offered")
        name = read_name(found["name"])
        acting_as = read_name(found["authzid"]) if found["authzid"] is not None else ""
        if name is None or acting_as is None:
            return MALFORMED
        if not name:
            return EMPTY
        self._authentication_id, self._authorization_id = name, acting_as
        self._gs2, self._bare = found["gs2"], found["bare"]
        self._nonce = found["nonce"] + self._setup.nonce
        self._stage = _Stage.LOOKUP
        return CredentialsWanted(name)

    def credentials(self, found: ScramCredentials | None) -> Step:
        """Send salt and iterations: those of the user, or made-up ones."""
        if self._stage is not _Stage.LOOKUP:
            raise CoreMisuse("credentials nobody asked for")
        self._is_known = found is not None
        self._credentials = found or self._made_up()
        self._stage = _Stage.FINAL
        salt = encode_base64(self._credentials.salt)
        self._server_first = b"r=%b,s=%b,i=%d" % (self._nonce, salt, self._credentials.iterations)
        return Challenge(self._server_first)

    def _made_up(self) -> ScramCredentials:
        seed = sign(self._setup.fake_salt_key, self._authentication_id.encode())
        return ScramCredentials(seed[:16], self._setup.fake_iterations, seed, seed)

    def _client_final(self, response: bytes) -> Step:
        credentials = self._credentials
        found = _CLIENT_FINAL.match(response)
        if found is None or credentials is None:
            return MALFORMED
        proof = decode_base64(found["proof"])
        if proof is None or len(proof) != 32 or found["nonce"] != self._nonce:
            return MALFORMED
        if decode_base64(found["binding"]) != self._gs2:
            return Failed("the channel binding header was changed")
        message = b"%b,%b,%b" % (self._bare, self._server_first, found["without_proof"])
        signature = None
        for number, (stored_key, server_key) in enumerate(
            ((credentials.stored_key, credentials.server_key), *credentials.others)
        ):
            client_key = exclusive_or(proof, sign(stored_key, message))
            if hmac.compare_digest(hashlib.sha256(client_key).digest(), stored_key):
                signature, self._proven = sign(server_key, message), number
        if signature is None or not self._is_known:
            return Failed("wrong proof")
        self._stage = _Stage.PROVEN
        return Challenge(b"v=" + encode_base64(signature))
