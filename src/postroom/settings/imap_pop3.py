"""Service › Protocol › IMAP/POP3 (SPEC 1.3)."""

from __future__ import annotations

from postroom.settings.page import Listener, Networks, Page, listener, setting


class ImapPop3Settings(Page):
    pop3: Listener = listener(110, "POP3", "POP3 with STLS.")
    pop3s: Listener = listener(995, "POP3 SSL/TLS", "POP3 with TLS from the first byte.")
    imap: Listener = listener(143, "IMAP", "IMAP with STARTTLS.")
    imaps: Listener = listener(993, "IMAP SSL/TLS", "IMAP with TLS from the first byte.")
    prohibit_plaintext: bool = setting(
        True,
        "Prohibit plaintext authentication over unencrypted connection",
        "For IMAP, POP3 and SMTP: before TLS no mechanism that shows the server a password is offered or accepted.",
    )
    secure_networks: Networks = setting(
        (),
        "Networks that count as secure",
        "Clear connections from here may log in with a password; none by default, not even loopback.",
    )
    max_connections: int = setting(
        20,
        "Most simultaneous connections",
        "Of one account from one address, counted for POP3 and for IMAP apart.",
        ge=1,
        le=5000,
    )
