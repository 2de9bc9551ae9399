"""SCRAM-SHA-256, the client's side; also makes the server prove that it knows the password.

Derives the key in `step`, milliseconds of work: not for the event loop. RFC 5802, RFC 7677.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from postroom.saslprep import saslprep
from postroom.wire.sasl.base64_text import decode_base64, encode_base64
from postroom.wire.sasl.scram import derive, exclusive_or, sign
from postroom.wire.sasl.steps import Failed

_ITERATIONS_MIN = 4096  # RFC 7677 §4: fewer would let a false server guess cheaply
_ITERATIONS_MAX = 1_000_000  # about a second of our time: a false server must not buy more

_SERVER_FIRST = re.compile(
    rb"r=([!-+\--~]{1,512}),s=([A-Za-z0-9+/=]{1,1024}),i=([1-9][0-9]{0,6})(?:,[^\x00]{0,1024})?\Z"
)
_SERVER_FINAL = re.compile(rb"v=([A-Za-z0-9+/=]{1,128})(?:,[^\x00]{0,1024})?\Z")


class ScramClient:
    """client-first → server-first → client-final → server-final."""

    name = "SCRAM-SHA-256"

    def __init__(self, authentication_id: str, password: str, nonce: bytes, authorization_id: str = "") -> None:
        name, prepared = saslprep(authentication_id), saslprep(password)
        if not name or not prepared:
            raise ValueError("SCRAM needs a name and a password that SASLprep takes")
        acting_as = f"a={_escape(authorization_id)}" if authorization_id else ""
        self._password = prepared.encode()
        self._nonce = nonce
        self._gs2 = f"n,{acting_as},".encode()
        self._bare = f"n={_escape(name)},r=".encode() + nonce
        self._signature: bytes | None = None
        self._begun = False
        self.finished = False

    def initial_response(self) -> bytes | None:
        """client-first-message."""
        self._begun = True
        return self._gs2 + self._bare

    def step(self, challenge: bytes) -> bytes | Failed:
        """Answer server-first with the proof, and server-final with nothing."""
        if not self._begun:
            self._begun = True
            return Failed("SCRAM begins with the client") if challenge else self._gs2 + self._bare
        if self._signature is None:
            return self._prove(challenge)
        found = _SERVER_FINAL.match(challenge)
        if found is None or not hmac.compare_digest(decode_base64(found[1]) or b"", self._signature):
            return Failed("the server does not know the password")
        self.finished = True
        return b""

    def _prove(self, server_first: bytes) -> bytes | Failed:
        found = _SERVER_FIRST.match(server_first)
        salt = decode_base64(found[2]) if found is not None else None
        if found is None or not salt:
            return Failed("malformed challenge")
        iterations = int(found[3])
        if not found[1].startswith(self._nonce) or len(found[1]) == len(self._nonce):
            return Failed("the server changed the nonce")
        if not _ITERATIONS_MIN <= iterations <= _ITERATIONS_MAX:
            return Failed("an iteration count out of bounds")
        client_key, server_key = derive(self._password, salt, iterations)
        without_proof = b"c=%b,r=%b" % (encode_base64(self._gs2), found[1])
        message = b"%b,%b,%b" % (self._bare, server_first, without_proof)
        proof = exclusive_or(client_key, sign(hashlib.sha256(client_key).digest(), message))
        self._signature = sign(server_key, message)
        return b"%b,p=%b" % (without_proof, encode_base64(proof))


def _escape(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")
