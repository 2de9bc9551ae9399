"""DKIM: `verify` says what each signature is worth, `sign` makes them, `keys` makes and publishes keys.

`signature` and `record` read what others wrote; `canonical` brings header and body into the form that is hashed. `mailauth.arc` uses the same parts.
RFC 6376, RFC 8301, RFC 8463, RFC 8616.
"""
