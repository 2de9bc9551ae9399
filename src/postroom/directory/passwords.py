"""Passwords: argon2id hashes, SCRAM-SHA-256 secrets, and the short memory of verified logins.

A hash costs tens of milliseconds by design and runs in a thread. Mail programs reconnect all day, so a verified login is remembered for minutes as a keyed
digest: the key lives in this process only, and a changed password changes the credential version, which is part of what is digested.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections import OrderedDict

import argon2

from postroom.model.account import ScramSecret
from postroom.model.errors import Fault, Malformed
from postroom.saslprep import saslprep

MAX_PASSWORD_OCTETS = 1024  # longer ones cost hashing time and are typed by nobody
MIN_PASSWORD_CHARACTERS = 8  # the policy's floor (NIST SP 800-63B)
_SCRAM_ITERATIONS = 4096  # RFC 7677 §4's floor: the server pays once per password, a phone pays at each login
_REMEMBER = 300.0  # seconds a verified login is remembered
_MAX_REMEMBERED = 10_000  # entries of about 150 octets

NO_PASSWORD = "!"
"""Stands where a hash would: nobody can log in. It is no less slow to find out than that a password is wrong."""
_APP_PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # those that nobody takes for one another
_APP_PASSWORD_GROUPS, _GROUP_LETTERS = 4, 5  # 99 bits

_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DUMMY_HASH = _hasher.hash(secrets.token_hex(16))


def prepared(password: str) -> str:
    """The one spelling of a password: NFC after RFC 8265 §4.2 (OpaqueString); mail programs differ in composition."""
    return unicodedata.normalize("NFC", password)


def _octets(password: str) -> bytes:
    """What is hashed; half a surrogate pair, which a client can send, is wrong like any other password and no fault."""
    return prepared(password).encode("utf-8", "surrogatepass")


def check_policy(password: str) -> None:
    """Raises Malformed with what is allowed."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise _refused(f"a password has at least {MIN_PASSWORD_CHARACTERS} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        raise _refused("a password has no control characters")
    if len(password.encode()) > MAX_PASSWORD_OCTETS:
        raise _refused(f"a password has at most {MAX_PASSWORD_OCTETS} octets")


def _refused(text: str) -> Malformed:
    return Malformed(text, faults=[Fault("password", text)])


def hashed(password: str) -> str:
    """An argon2id hash; tens of milliseconds."""
    return _hasher.hash(_octets(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; as slow for an unknown account (None) as for a known one."""
    if len(password) > MAX_PASSWORD_OCTETS:
        password = password[
            :MAX_PASSWORD_OCTETS
        ]  # policy allows none so long: the comparison fails, at the usual price
        password_hash = None
    if password_hash == NO_PASSWORD:
        password_hash = None
    try:
        _hasher.verify(password_hash if password_hash is not None else _DUMMY_HASH, _octets(password))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return password_hash is not None


def scram_secret(password: str, salt: bytes | None = None, iterations: int = _SCRAM_ITERATIONS) -> ScramSecret:
    """RFC 5802 §3: StoredKey and ServerKey of a password."""
    salt = secrets.token_bytes(16) if salt is None else salt
    # a password that SASLprep refuses is hashed as it was typed: clients that prepare fail with it, the others send just that (RFC 5802 §5.1)
    spelled = saslprep(password, allow_unassigned=True) or password
    salted = hashlib.pbkdf2_hmac("sha256", spelled.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return ScramSecret(
        salt, iterations, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256")
    )


def no_scram_secret() -> ScramSecret:
    """A salt, which app passwords can share, and no password that fits."""
    return ScramSecret(secrets.token_bytes(16), _SCRAM_ITERATIONS, secrets.token_bytes(32), secrets.token_bytes(32))


def new_app_password() -> str:
    """Random, and short enough to type on a phone."""
    return "-".join(
        "".join(secrets.choice(_APP_PASSWORD_LETTERS) for _ in range(_GROUP_LETTERS))
        for _ in range(_APP_PASSWORD_GROUPS)
    )


def app_password_digest(account_id: int, password: str) -> bytes:
    """By which the row of an app password is found at once: 99 random bits are not to be guessed from it."""
    return hashlib.sha256(f"{account_id}:".encode() + _octets(password)).digest()[:16]


class VerifiedLogins:
    """Remembers that a password was right, never the password."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def remember(self, account_id: int, version: int, password: str) -> None:
        digest = self._digest(account_id, version, password)
        self._until[digest] = time.monotonic() + _REMEMBER
        self._until.move_to_end(digest)
        if len(self._until) > _MAX_REMEMBERED:
            self._until.popitem(last=False)

    def knows(self, account_id: int, version: int, password: str) -> bool:
        digest = self._digest(account_id, version, password)
        until = self._until.get(digest)
        if until is None:
            return False
        if until < time.monotonic():
            del self._until[digest]
            return False
        return True

    def _digest(self, account_id: int, version: int, password: str) -> bytes:
        return hmac.digest(self._key, f"{account_id}:{version}:".encode() + _octets(password), "sha256")
