"""Address: one mail address as the directory and the envelope know it.

The domain is kept in lower case and NFC; U-labels stay U-labels and `ascii_domain` gives their A-labels. The local part keeps its spelling; look-ups use
`key`, which is case-folded, since no local account differs from another by case alone (SPEC: case-insensitive, NFC).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from postroom.model.errors import Malformed

MAX_LOCAL_PART = 64  # octets, RFC 5321 §4.5.3.1.1
MAX_DOMAIN = 255  # octets, RFC 5321 §4.5.3.1.2
_ATEXT = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*\Z"
)
_LABEL = re.compile(
    r"[A-Za-z0-9\u0080-\U0010ffff]([A-Za-z0-9\-\u0080-\U0010ffff]{0,61}[A-Za-z0-9\u0080-\U0010ffff])?\Z"
)
_UNSEEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
    "Zs",
}  # controls, bidi marks, spaces: never part of a name a person types


@dataclass(frozen=True, slots=True)
class Address:
    """local-part@domain; the domain may be an address literal in brackets for what strangers send."""

    local_part: str
    domain: str

    def __str__(self) -> str:
        local = self.local_part
        if _ATEXT.match(local) is None:
            local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{local}@{self.domain}"

    @property
    def key(self) -> str:
        """What the directory compares: folded, NFC."""
        return f"{fold(self.local_part)}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        return self.local_part.isascii() and self.domain.isascii()

    @property
    def ascii_domain(self) -> str:
        """The domain in A-labels, for DNS."""
        return self.domain if self.domain.isascii() else self.domain.encode("idna").decode("ascii")

    def without_subaddress(self, separator: str = "+") -> Address:
        """alice+lists@… → alice@… (RFC 5233 §4); unchanged where there is no detail part."""
        user, found, _ = self.local_part.partition(separator)
        return Address(user, self.domain) if found and user else self


def fold(text: str) -> str:
    """How names are compared: NFC and case-folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def normal_domain(text: str) -> str:
    """The one spelling of a domain name. Raises Malformed with what is allowed."""
    domain = fold(text.strip().removesuffix("."))
    if not domain or len(domain.encode()) > MAX_DOMAIN:
        raise Malformed(f"a domain has 1 to {MAX_DOMAIN} octets")
    if any(unicodedata.category(character) in _UNSEEN for character in domain):
        raise Malformed("a domain has no spaces, control or invisible characters")
    if not all(_LABEL.match(label) for label in domain.split(".")):
        raise Malformed(
            "a domain is made of labels of letters, digits and inner hyphens, joined by dots, such as example.test"
        )
    if domain.isascii():
        return domain
    try:
        domain.encode("idna")
    except UnicodeError:
        raise Malformed("this domain has no form in DNS (IDNA)") from None
    return domain


def parse_address(text: str) -> Address:
    """An address as an administrator types it: dot-atom@domain. Raises Malformed with what is allowed."""
    local, found, domain = text.strip().rpartition("@")
    if not found or not local:
        raise Malformed("an address looks like name@example.test")
    local = unicodedata.normalize("NFC", local)
    if len(local.encode()) > MAX_LOCAL_PART:
        raise Malformed(f"the part before @ has at most {MAX_LOCAL_PART} octets")
    if _ATEXT.match(local) is None or any(unicodedata.category(character) in _UNSEEN for character in local):
        raise Malformed("the part before @ is made of letters, digits and !#$%&'*+/=?^_`{|}~- with single dots between")
    return Address(local, normal_domain(domain))
