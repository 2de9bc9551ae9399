"""Who hands a message in, as far as the door knows, and what MAIL said beside the reverse-path."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.model.account import Principal
from postroom.model.ids import SessionId
from postroom.model.session import IpAddress


@dataclass(frozen=True, slots=True)
class Client:
    """One session as it stands when a transaction begins."""

    session_id: SessionId
    address: IpAddress
    helo: str
    extended: bool
    """Greeted with EHLO or LHLO."""
    tls: str = ""
    """Version and cipher, empty in clear."""
    principal: Principal | None = None
    lmtp: bool = False

    def protocol(self, *, smtputf8: bool) -> str:
        """The `with` keyword of a Received field: RFC 3848, and RFC 6531 §4.3 for internationalised mail."""
        if not self.extended:
            return "SMTP"
        family = "LMTP" if self.lmtp else "SMTP"
        name = f"UTF8{family}" if smtputf8 else family if self.lmtp else "ESMTP"
        return name + ("S" if self.tls else "") + ("A" if self.principal is not None else "")


@dataclass(frozen=True, slots=True)
class MailOptions:
    """Parameters of MAIL; `size` is the declared one in octets."""

    size: int | None = None
    body_8bit: bool = False
    smtputf8: bool = False
    ret: str | None = None
    envelope_id: str | None = None
    require_tls: bool = False
    release_at: int | None = None


NO_OPTIONS = MailOptions()
