"""Addresses made of names: how a domain that wants `first.last` spells Zoë Smith. Accents are dropped, other scripts stay as they are."""

from __future__ import annotations

import unicodedata

from postroom.admin.people import bounds
from postroom.model.address import MAX_LOCAL_PART, Address, fold
from postroom.model.administration import AddressFormat


def address_for(display_name: str, domain: str, form: AddressFormat, number: int = 1) -> Address:
    """The `number`-th choice, since names come twice. Raises Malformed where the name has no letters."""
    words = [plain for word in display_name.split() if (plain := _plain(word))]
    if not words:
        raise bounds.refused("display_name", "an address can't be made of this name; give the address")
    first, last = words[0], words[-1]
    if len(words) == 1:
        local = first
    else:
        local = {
            AddressFormat.FIRST_LAST: f"{first}.{last}",
            AddressFormat.INITIAL_LAST: f"{first[0]}{last}",
            AddressFormat.FIRST: first,
            AddressFormat.LAST_FIRST: f"{last}.{first}",
        }[form]
    ending = str(number) if number > 1 else ""
    while len((local + ending).encode()) > MAX_LOCAL_PART:
        local = local[:-1]
    return Address(local.rstrip(".") + ending, domain)


def _plain(word: str) -> str:
    bare = "".join(
        one for one in unicodedata.normalize("NFKD", word) if unicodedata.category(one) != "Mn" or ord(one) > 0x36F
    )
    return fold("".join(one for one in bare if unicodedata.category(one)[0] in "LNM"))
