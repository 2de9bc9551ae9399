"""Service › Protocol › SMTP (SPEC 1.1): receiving and submission."""

from __future__ import annotations

import enum
import re

from pydantic import field_validator

from postroom.model.address import normal_domain
from postroom.model.errors import Malformed
from postroom.settings.page import Listener, Networks, Page, listener, setting

_PRINTABLE = re.compile(r"[\x20-\x7e]*\Z")


class AccountType(enum.StrEnum):
    """Which kind of account may use mail: exactly one at a time."""

    LOCAL = "local"


class SmtpSettings(Page):
    mx: Listener = listener(
        25, "Enable SMTP", "The plain listener: takes mail from other servers for local domains, and offers STARTTLS."
    )
    submissions: Listener = listener(465, "Enable SMTP-SSL/TLS", "Submission with TLS from the first byte (RFC 8314).")
    submission: Listener = listener(
        587, "Enable SMTP-STARTTLS", "Submission: STARTTLS, then a login, then mail (RFC 6409)."
    )
    lmtp: Listener = listener(
        24,
        "Enable LMTP",
        "Local delivery on loopback alone (RFC 2033): a filter or a list manager on this machine hands mail in and gets a reply for each recipient.",
        enabled=False,
    )
    account_type: AccountType = setting(AccountType.LOCAL, "Account type", "Which kind of account may use mail.")
    server_name: str = setting(
        "localhost.localdomain",
        "Server name",
        "The fully qualified name of this server, as greeted and as written into Received fields.",
        max_length=255,
    )
    banner: str = setting(
        "Postroom", "Banner", "What follows the server name in the SMTP greeting; printable ASCII.", max_length=100
    )
    max_message_size: int = setting(
        50 * 1024 * 1024,
        "Largest message",
        "Larger messages are refused, by their declared size at once (SIZE, RFC 1870).",
        unit="octets",
        ge=65536,
        le=2_000_000_000,
    )
    max_recipients: int = setting(
        100,
        "Most recipients per message",
        "Further ones are answered 452 4.5.3, and the sender tries them apart.",
        ge=100,
        le=100_000,
    )
    max_hops: int = setting(
        50, "Most hops", "A message with more Received fields is in a loop and refused with 554 5.4.6.", ge=10, le=200
    )
    sender_must_belong: bool = setting(
        True, "Sender must belong to the account", "A login may send only with addresses that are its own."
    )
    login_on_mx: bool = setting(
        False, "Allow logins on the plain listener", "After STARTTLS only. Off: port 25 offers no AUTH."
    )
    relay_networks: Networks = setting(
        (),
        "Networks that may relay without a login",
        "Hosts in these networks may send to other domains; none by default.",
    )

    @field_validator("server_name")
    @classmethod
    def _check_server_name(cls, value: str) -> str:
        try:
            return normal_domain(value)
        except Malformed as error:
            raise ValueError(error.public) from None

    @field_validator("banner")
    @classmethod
    def _check_banner(cls, value: str) -> str:
        if not _PRINTABLE.match(value):
            raise ValueError("printable ASCII only")
        return value


class LimitSettings(Page):
    """Deadlines and counts that bound what one client can cost (THREATS A1, A6)."""

    command_timeout: int = setting(
        300,
        "Command deadline",
        "A client that sends no whole command for this long is told 421 (RFC 5321 §4.5.3.2).",
        unit="seconds",
        ge=10,
        le=3600,
    )
    idle_timeout: int = setting(
        1800,
        "IMAP idle deadline",
        "An IMAP client that is silent for this long is logged out (at least 30 minutes, RFC 9051 §5.4).",
        unit="seconds",
        ge=1800,
        le=86400,
    )
    pop3_timeout: int = setting(
        600,
        "POP3 idle deadline",
        "A POP3 client that is silent for this long is logged out (RFC 1939 §3: at least 10 minutes).",
        unit="seconds",
        ge=600,
        le=86400,
    )
    login_timeout: int = setting(
        60,
        "Login deadline",
        "A client that has not logged in after this long is told to go (IMAP and POP3).",
        unit="seconds",
        ge=10,
        le=600,
    )
    connections_per_address: int = setting(
        1000,
        "Connections per address",
        "Simultaneous connections from one IPv4 address or IPv6 /64, per worker and protocol, logged in or not.",
        ge=1,
        le=100_000,
    )
    connections: int = setting(
        20_000,
        "Connections in all",
        "Simultaneous connections of one worker; a tenth is kept for trusted networks.",
        ge=10,
        le=1_000_000,
    )
    unknown_recipients: int = setting(
        200,
        "Unknown recipients per address",
        "After so many, every recipient from that address is told 450 until some time has passed; per worker.",
        unit="per hour",
        ge=10,
        le=1_000_000,
    )
    greeting_pause: int = setting(
        200,
        "Pause before the SMTP greeting",
        "Who talks meanwhile is no mail server and is told 554. On the plain listener, for networks that are not trusted.",
        unit="milliseconds",
        ge=0,
        le=10_000,
    )
    worker_memory: int = setting(
        4096,
        "Memory of a worker",
        "While a worker process has more, it takes new connections from trusted networks only, and says so in the log.",
        unit="MiB",
        ge=256,
        le=1_048_576,
    )
    trusted_networks: Networks = setting(
        ("127.0.0.0/8", "::1/128"), "Trusted networks", "Exempt from rate limits and delays after wrong passwords."
    )
    proxy_fronts: Networks = setting(
        (),
        "Trusted PROXY-protocol fronts",
        "Load balancers that announce the real client (PROXY protocol); nobody else may.",
    )
