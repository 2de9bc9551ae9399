"""The second factor of an account: time-based codes (RFC 6238) and recovery codes, each good once.

A secret counts from the moment it is confirmed with a code. A step before and after now is taken, since clocks differ; the step that was used, and all before
it, are never taken again, whichever worker is asked. Recovery codes are random and long: a plain digest hides them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode

import pyotp

from postroom.model.database import Read, Transaction
from postroom.model.errors import Conflict, NotFound
from postroom.model.ids import AccountId

STEP = 30  # seconds (RFC 6238 §4.1, X)
DIGITS = 6
_DRIFT = 1  # steps either way (RFC 6238 §5.2)
_SECRET_OCTETS = 20  # as long as the output of HMAC-SHA-1 (RFC 4226 §4, R6)
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LETTERS = 16  # 79 bits


def begin(transaction: Transaction, account_id: AccountId) -> str:
    """A new secret in base32, not asked for until it is confirmed. Raises Conflict where one is in use."""
    if is_on(transaction.execute, account_id):
        raise Conflict("this account has a second factor already; remove it first")
    secret = secrets.token_bytes(_SECRET_OCTETS)
    transaction.execute("DELETE FROM second_factor WHERE account_id = ?", (account_id,))
    transaction.execute(
        "INSERT INTO second_factor (account_id, secret, confirmed_at, last_counter) VALUES (?, ?, NULL, 0)",
        (account_id, secret),
    )
    return _totp(secret).secret


def address_of(secret: str, account: str, issuer: str) -> str:
    """The otpauth: URI that authenticator programs read as a QR code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=account, issuer_name=issuer)


def confirm(transaction: Transaction, account_id: AccountId, code: str, now: int) -> list[str] | None:
    """With a right code it is asked for from now on; returns the recovery codes, which are shown once. None for a wrong code.

    Raises NotFound where nothing was begun, Conflict where it is in use already.
    """
    rows = transaction.execute("SELECT confirmed_at FROM second_factor WHERE account_id = ?", (account_id,))
    if not rows:
        raise NotFound("no second factor was begun for this account")
    if rows[0][0] is not None:
        raise Conflict("this account has a second factor already")
    if not _take_code(transaction, account_id, code, now):
        return None
    transaction.execute("UPDATE second_factor SET confirmed_at = ? WHERE account_id = ?", (now, account_id))
    return new_recovery_codes(transaction, account_id)


def new_recovery_codes(transaction: Transaction, account_id: AccountId) -> list[str]:
    """Those before are void."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS)) for _ in range(RECOVERY_CODES)]
    transaction.execute("DELETE FROM recovery_code WHERE account_id = ?", (account_id,))
    transaction.execute_many(
        "INSERT INTO recovery_code (account_id, digest) VALUES (?, ?)",
        [(account_id, _digest(account_id, code)) for code in codes],
    )
    return ["-".join(code[at : at + 4] for at in range(0, _CODE_LETTERS, 4)) for code in codes]


def is_on(read: Read, account_id: AccountId) -> bool:
    """Whether a code is asked for."""
    rows = read("SELECT 1 FROM second_factor WHERE account_id = ? AND confirmed_at IS NOT NULL", (account_id,))
    return bool(rows)


def verify(transaction: Transaction, account_id: AccountId, code: str, now: int) -> bool:
    """Whether a code or recovery code is right, and never was taken before; it is taken with this."""
    if not is_on(transaction.execute, account_id):
        return False
    if _take_code(transaction, account_id, code, now):
        return True
    plain = code.strip().lower().replace("-", "").replace(" ", "")
    if len(plain) != _CODE_LETTERS:
        return False
    return bool(
        transaction.execute(
            "DELETE FROM recovery_code WHERE account_id = ? AND digest = ? RETURNING 1",
            (account_id, _digest(account_id, plain)),
        )
    )


def recovery_codes_left(read: Read, account_id: AccountId) -> int:
    return int(read("SELECT count(*) FROM recovery_code WHERE account_id = ?", (account_id,))[0][0])


def remove(transaction: Transaction, account_id: AccountId) -> bool:
    """False where there was none."""
    transaction.execute("DELETE FROM recovery_code WHERE account_id = ?", (account_id,))
    return bool(transaction.execute("DELETE FROM second_factor WHERE account_id = ? RETURNING 1", (account_id,)))


def _take_code(transaction: Transaction, account_id: AccountId, code: str, now: int) -> bool:
    plain = code.strip().replace(" ", "")
    rows = transaction.execute("SELECT secret, last_counter FROM second_factor WHERE account_id = ?", (account_id,))
    if not rows or len(plain) != DIGITS or not (plain.isascii() and plain.isdigit()):
        return False
    totp, last = _totp(bytes(rows[0][0])), rows[0][1]
    for counter in range(now // STEP - _DRIFT, now // STEP + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(counter), plain) and counter > last:
            transaction.execute("UPDATE second_factor SET last_counter = ? WHERE account_id = ?", (counter, account_id))
            return True
    return False


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(b32encode(secret).decode("ascii"), digits=DIGITS, interval=STEP)


def _digest(account_id: AccountId, code: str) -> bytes:
    return hashlib.sha256(f"recovery {account_id} {code}".encode("utf-8", "surrogatepass")).digest()
