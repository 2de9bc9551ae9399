"""The secret of a second factor as a picture for a phone's camera."""

from __future__ import annotations

import io

import pyotp
import segno


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """otpauth://totp/…, as authenticator programs read it."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def svg(text: str) -> str:
    """A QR code as SVG with a quiet zone, black on white whatever the page is."""
    target = io.BytesIO()
    segno.make(text, error="m").save(target, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return target.getvalue().decode()
