"""Paths: `<local-part@domain>` as it stands in MAIL and RCPT, and the domain of a greeting.

Reads the strict form of RFC 5321 §4.1.2 with RFC 6531 §3.3 non-ASCII text; source routes are read and dropped as
RFC 5321 §3.3 asks. Whether an address exists, is local or may be relayed to is for others.
Tolerances (docs/quirks.md): underscores in domains, local parts above 64 octets, spaces after the colon.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

# RFC 5321 §4.5.3.1.3 says 256; VERP and SRS addresses in use are longer, two full domains are as long as any gets.
_PATH_LIMIT = 512
_LOCAL_PART_LIMIT = 255
_DOMAIN_LIMIT = 255
_LABEL_LIMIT = 63

# atext RFC 5322 §3.2.3, UTF8-non-ascii RFC 6531 §3.3
_ATEXT = rb"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\x80-\xff]"
_DOT_STRING = _ATEXT + rb"++(?:\." + _ATEXT + rb"++)*+"
_QUOTED_STRING = rb'"(?:[ !#-\[\]-~\x80-\xff]|\\[ -~])*+"'
_LABEL = rb"[A-Za-z0-9_\x80-\xff\-]++"
_DOMAIN = _LABEL + rb"(?:\." + _LABEL + rb")*+"
_LITERAL = rb"\[[!-Z^-~]++\]"

_PATH = re.compile(
    rb"<(?:@" + _DOMAIN + rb"(?:,@" + _DOMAIN + rb")*+:)?"
    rb"(?P<local>" + _DOT_STRING + rb"|" + _QUOTED_STRING + rb")"
    rb"@(?P<domain>" + _DOMAIN + rb"|" + _LITERAL + rb")>"
)
_DOMAIN_ALONE = re.compile(rb"(?:" + _DOMAIN + rb"|" + _LITERAL + rb")\Z")
_DOT_STRING_ALONE = re.compile(_DOT_STRING + rb"\Z")
_GENERAL_LITERAL = re.compile(r"[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+\Z")
_QUOTED_PAIR = re.compile(r"\\(.)")
_TO_QUOTE = re.compile(r'(["\\])')


@dataclass(frozen=True, slots=True)
class Path:
    """A mailbox of the envelope. Both parts are empty in the null reverse-path; `domain` alone in `<Postmaster>`."""

    local_part: str
    """Unquoted: `"a b"@example.test` has `a b`."""
    domain: str
    """As the client wrote it; an address literal keeps its brackets."""

    @property
    def is_null(self) -> bool:
        """`<>`, the reverse-path of reports."""
        return not self.local_part and not self.domain

    @property
    def is_literal(self) -> bool:
        """The domain is an address in brackets."""
        return self.domain.startswith("[")

    @property
    def is_ascii(self) -> bool:
        """Can be sent to a server without SMTPUTF8."""
        return self.local_part.isascii() and self.domain.isascii()

    def __str__(self) -> str:
        """The address without angle brackets, quoted where it must be."""
        local = self.local_part
        if self.domain and not _DOT_STRING_ALONE.match(local.encode("utf-8", "surrogateescape")):
            local = '"' + _TO_QUOTE.sub(r"\\\1", local) + '"'
        return f"{local}@{self.domain}" if self.domain else local


NULL_PATH = Path("", "")


def domain_is_valid(domain: bytes) -> bool:
    """Whether `domain`, already label characters and dots or a literal, keeps the rules the pattern does not show.

    Domain = sub-domain *("." sub-domain); sub-domain = Let-dig [Ldh-str]
    """
    if domain[:1] == b"[":
        return _literal_is_valid(domain[1:-1].decode("ascii"))
    if len(domain) > _DOMAIN_LIMIT or domain[:1] == b"-" or domain[-1:] == b"-" or b".-" in domain or b"-." in domain:
        return False
    return len(domain) <= _LABEL_LIMIT or max(map(len, domain.split(b"."))) <= _LABEL_LIMIT


def _literal_is_valid(content: str) -> bool:
    """address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"."""
    try:
        if content[:5].upper() == "IPV6:":
            ipaddress.IPv6Address(content[5:])
            return "%" not in content
        if ":" in content:
            return _GENERAL_LITERAL.match(content) is not None
        ipaddress.IPv4Address(content)
    except ValueError:
        return False
    return True


def parse_hello_domain(argument: bytes) -> tuple[str, bool] | None:
    """The name in a greeting and whether it is one; None when it cannot be kept at all (empty, long, not text)."""
    name = argument.strip(b" ")
    if not name or len(name) > _DOMAIN_LIMIT or b" " in name:
        return None
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not text.isprintable():
        return None
    return text, _DOMAIN_ALONE.match(name) is not None and domain_is_valid(name)


def parse_path(text: bytes) -> tuple[Path, int] | None:
    """The path at the front of `text` and where it ends; None when there is none.

    Path    = "<" [ A-d-l ":" ] Mailbox ">"
    A-d-l   = At-domain *( "," At-domain )
    Mailbox = Local-part "@" ( Domain / address-literal )
    """
    found = _PATH.match(text)
    if found is None or found.end() > _PATH_LIMIT:
        return None
    local, domain = found["local"], found["domain"]
    if len(local) > _LOCAL_PART_LIMIT or not domain_is_valid(domain):
        return None
    try:
        local_part = local.decode("utf-8")
        name = domain.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not (local_part.isprintable() and name.isprintable()):  # U+2028 and the like break lines further on
        return None
    if local_part[0] == '"':
        local_part = _QUOTED_PAIR.sub(r"\1", local_part[1:-1])
    return Path(local_part, name), found.end()


def parse_reverse_path(text: bytes) -> tuple[Path, int] | None:
    """Reverse-path = Path / "<>"."""
    if text.startswith(b"<>"):
        return NULL_PATH, 2
    return parse_path(text)


def parse_forward_path(text: bytes) -> tuple[Path, int] | None:
    """Forward-path = Path, or `<Postmaster>` without a domain (RFC 5321 §4.1.1.3)."""
    if text[:12].lower() == b"<postmaster>":
        return Path(text[1:11].decode("ascii"), ""), 12
    return parse_path(text)


def parse_mailbox(text: bytes) -> Path | None:
    """A whole mailbox without angle brackets, as in the AUTH parameter."""
    found = parse_path(b"<" + text + b">")
    return found[0] if found is not None and found[1] == len(text) + 2 else None
