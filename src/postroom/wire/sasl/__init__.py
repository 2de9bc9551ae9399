"""SASL mechanisms as step machines, for every protocol that logs people in. RFC 4422.

Rules of this room:

- A machine takes decoded responses and yields values; base64 is `base64_text.py`, framing belongs to the protocol.
- No machine verifies a password and none makes a random number: it asks (`PasswordOffered`, `CredentialsWanted`) and is
  given what it needs, nonce and salt included.
- A machine's refusal never says whether the user exists.
- `mechanisms.py` is the one table; what it calls `plaintext` must not be offered on a connection that others can read.
"""
