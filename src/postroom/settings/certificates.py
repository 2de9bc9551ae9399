"""Security › Certificates (SPEC 3): which one is shown to clients that ask for no name, and how certificates are ordered (ACME)."""

from __future__ import annotations

import re

from pydantic import field_validator

from postroom.settings.page import Page, Port, setting

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
DEFAULT_NAME = "default"
_NAME = re.compile(r"[a-z0-9_][a-z0-9._-]{0,62}\Z")
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_MOST_WORDS = 16


def certificate_name(value: str) -> str:
    """The name of a certificate, which is also that of its file. Raises ValueError."""
    if not _NAME.match(value) or ".." in value or value.endswith("."):
        raise ValueError("a certificate's name is 1 to 63 of a-z, 0-9, dot, hyphen and underscore")
    return value


class CertificateSettings(Page):
    default: str = setting(
        DEFAULT_NAME,
        "Default certificate",
        "The name of the certificate for clients that ask for no name, or for one that no certificate has.",
        max_length=63,
    )
    acme_directory: str = setting(
        LETS_ENCRYPT,
        "ACME directory",
        "The address of the certificate authority that certificates are ordered from (RFC 8555); https only.",
        max_length=512,
    )
    acme_email: str = setting(
        "", "ACME contact", "An e-mail address that the authority may write to; empty for none.", max_length=254
    )
    acme_authorities: str = setting(
        "",
        "Authorities of the ACME server",
        "A file (PEM) of those that the ACME server's own certificate is checked against, for closed networks; empty for the usual ones.",
        max_length=4096,
    )
    acme_http_port: Port = setting(
        80,
        "Port of HTTP-01",
        "Where the authority looks for our answer; open only while an order runs. Authorities on the Internet ask port 80.",
    )
    acme_tls_port: Port = setting(
        443,
        "Port of TLS-ALPN-01",
        "Where the authority looks for our answer by TLS; open only while an order runs. Authorities on the Internet ask port 443.",
    )
    acme_dns_hook: tuple[str, ...] = setting(
        (),
        "Program of DNS-01",
        "A program in the folder `hooks` of the server's data, and its arguments; `add NAME VALUE` or `remove NAME VALUE` comes behind them. "
        "It puts the TXT record VALUE at NAME, or takes it away.",
    )
    acme_dns_wait: int = setting(
        30,
        "Wait for the DNS",
        "How long after the program of DNS-01 has put the record the authority is told to look.",
        unit="seconds",
        ge=0,
        le=3600,
    )

    @field_validator("default")
    @classmethod
    def _check_default(cls, value: str) -> str:
        return certificate_name(value)

    @field_validator("acme_directory")
    @classmethod
    def _check_directory(cls, value: str) -> str:
        if not re.match(r"https://[A-Za-z0-9\[]", value) or any(character.isspace() for character in value):
            raise ValueError("an address that begins with https:// is wanted")
        return value

    @field_validator("acme_email")
    @classmethod
    def _check_email(cls, value: str) -> str:
        if value and not re.match(r"[^@\s,?%]+@[^@\s,?%]+\Z", value):
            raise ValueError("one e-mail address is wanted, or nothing")
        return value

    @field_validator("acme_dns_hook")
    @classmethod
    def _check_hook(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and not _PROGRAM.match(value[0]):
            raise ValueError("the first is the name of a program in the folder hooks, without a path")
        if len(value) > _MOST_WORDS or any(len(word) > 1024 or "\0" in word for word in value):
            raise ValueError(f"at most {_MOST_WORDS} words of at most 1024 characters are allowed")
        return value
