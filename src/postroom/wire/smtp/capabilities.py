"""What a server offers: the extensions announced by EHLO and the limits the core itself keeps.

The session sets them and may change them at any time (STARTTLS goes once TLS is up, AUTH comes). A parameter or verb of
an extension that is not offered is refused by the core. BINARYMIME is never offered: stored mail would have to be
rewritten for the next hop that lacks it.
"""

from __future__ import annotations

from dataclasses import dataclass

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The extension list; the order of `lines` is the order on the wire."""

    pipelining: bool = True
    size: int = 50 * _MEBIBYTE
    """RFC 1870 fixed maximum in octets, announced and kept: longer content is read and dropped."""
    eight_bit_mime: bool = True
    smtp_utf8: bool = True
    enhanced_status_codes: bool = True
    starttls: bool = False
    auth: tuple[str, ...] = ()
    chunking: bool = True
    dsn: bool = True
    require_tls: bool = False
    """RFC 8689 §2: under TLS only."""
    future_release: str | None = None
    """RFC 4865 §3: the longest interval in seconds and the last moment, as they are announced; None where it is not offered."""
    recipient_max: int | None = None
    """RFC 9422 RCPTMAX."""
    mail_max: int | None = None
    """RFC 9422 MAILMAX."""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("a size of zero would announce that there is no limit (RFC 1870 §3)")

    def lines(self) -> tuple[str, ...]:
        """The EHLO keywords with their parameters, one a line."""
        limits = [f"RCPTMAX={self.recipient_max}"] if self.recipient_max is not None else []
        if self.mail_max is not None:
            limits.append(f"MAILMAX={self.mail_max}")
        keywords = (
            (self.pipelining, "PIPELINING"),
            (True, f"SIZE {self.size}"),
            (self.starttls, "STARTTLS"),
            (bool(self.auth), "AUTH " + " ".join(self.auth)),
            (self.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
            (self.eight_bit_mime, "8BITMIME"),
            (self.dsn, "DSN"),
            (self.require_tls, "REQUIRETLS"),
            (self.smtp_utf8, "SMTPUTF8"),
            (self.chunking, "CHUNKING"),
            (self.future_release is not None, f"FUTURERELEASE {self.future_release}"),
            (bool(limits), "LIMITS " + " ".join(limits)),
        )
        return tuple(text for offered, text in keywords if offered)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """How one connection is spoken to."""

    capabilities: Capabilities = Capabilities()
    lmtp: bool = False
    refuse_early_pipelining: bool = True
    """Close on a client that talks past EHLO, AUTH or DATA without waiting (RFC 2920 §3.1): only malware does."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with this client so far: what its next command may use."""

    capabilities: Capabilities
    lmtp: bool = False
    extended: bool = False
    """The client said EHLO or LHLO."""
    authenticated: bool = False
    tls: bool = False
    smtp_utf8: bool = False
    """MAIL asked for SMTPUTF8: the recipients of its transaction may be non-ASCII."""
