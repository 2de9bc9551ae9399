"""Where an address leads: accounts, aliases expanded without loops, subaddresses, the catch-all; and whose an address is.

Rows of `address`: key → account_id, or → target (another address, here or elsewhere), or → group_id, whose members are addresses again. Look-ups are point
reads of microseconds.
"""

from __future__ import annotations

from postroom.model.account import Recipient
from postroom.model.address import Address, fold, parse_address
from postroom.model.database import Read
from postroom.model.errors import Meaning, NotFound
from postroom.model.ids import AccountId

MAX_EXPANDED = 1000  # recipients one address may lead to: a larger group is a mailing list's work
_MAX_STEPS = 5000  # look-ups for one RCPT: bounds a web of aliases that name each other
POSTMASTER = "postmaster"
# one statement for both questions: each costs a read transaction
_DOMAIN_AND_ENTRIES = (
    "SELECT address.account_id, address.target, account.is_disabled, address.group_id FROM domain LEFT JOIN address ON address.key = ?"
    " LEFT JOIN account ON account.account_id = address.account_id WHERE domain.name = ? ORDER BY address.seq"
)
_ENTRIES = (
    "SELECT address.account_id, address.target, account.is_disabled, address.group_id FROM address"
    " LEFT JOIN account ON account.account_id = address.account_id WHERE address.key = ? ORDER BY address.seq"
)
_MEMBERS = "SELECT member FROM group_member WHERE group_id = ? ORDER BY member_key LIMIT ?"
_NO_ENTRY = (None, None, None, None)
_Entry = tuple[int | None, str | None, int | None, int | None]
"""account_id, target, whether the account is disabled, group_id"""


def is_local_domain(read: Read, domain: str) -> bool:
    return bool(read("SELECT 1 FROM domain WHERE name = ?", (domain,)))


def primary_domain(read: Read) -> str | None:
    rows = read("SELECT name FROM domain WHERE is_primary = 1", ())
    return str(rows[0][0]) if rows else None


def route(read: Read, forward_path: Address, *, through_groups: bool = True) -> list[Recipient]:
    """A remote address leads to itself; of several, the disabled accounts are left out.

    Raises NotFound where a local address leads nowhere (NO_SUCH_RECIPIENT), or to disabled accounts alone (MAILBOX_DISABLED).
    """
    found: dict[str, Recipient] = {}
    disabled = False
    seen: set[str] = set()
    waiting = [forward_path]
    while waiting and len(found) < MAX_EXPANDED and len(seen) < _MAX_STEPS:
        address = waiting.pop()
        if address.key in seen:
            continue
        seen.add(address.key)
        own = read(_DOMAIN_AND_ENTRIES, (address.key, address.domain))
        if not own and (same := _in_u_labels(address)) is not None and is_local_domain(read, same.domain):
            waiting.append(
                same
            )  # an alias of ours in another spelling: as mail to another server it would come back here
            continue
        if not own:
            found[address.key] = Recipient(forward_path, None, address)
            continue
        entries: list[_Entry] = [(row[0], row[1], row[2], row[3]) for row in own]
        for account_id, target, is_disabled, group_id in (
            entries if entries[0] != _NO_ENTRY else _other_entries(read, address)
        ):
            if group_id is not None and not through_groups:
                continue
            if group_id is not None:
                waiting += [parse_address(row[0]) for row in read(_MEMBERS, (group_id, MAX_EXPANDED))]
            elif is_disabled:
                disabled = True
            elif account_id is not None:
                found[f"{account_id}"] = Recipient(forward_path, AccountId(account_id), address)
            elif target is not None:
                waiting.append(parse_address(target))
    if disabled and not found:
        raise NotFound("this mailbox is disabled", meaning=Meaning.MAILBOX_DISABLED, detail=str(forward_path))
    if not found:
        raise NotFound("there is no such mailbox here", meaning=Meaning.NO_SUCH_RECIPIENT, detail=str(forward_path))
    return list(found.values())


def _in_u_labels(address: Address) -> Address | None:
    if "xn--" not in address.domain:
        return None
    try:
        return Address(address.local_part, address.domain.encode("ascii").decode("idna"))
    except UnicodeError:
        return None


def owners(read: Read, address: Address) -> set[int]:
    """Accounts an address belongs to: directly, as a subaddress, or by an alias that leads to them. A group's address is none of its members'."""
    if not is_local_domain(read, address.domain):
        return set()
    try:
        found = route(read, address, through_groups=False)
        return {recipient.account_id for recipient in found if recipient.account_id is not None}
    except NotFound:
        return set()


def account_named(read: Read, login_name: str) -> int | None:
    """The account of a login name: an address (any alias that leads to one account counts), or in the primary domain the local part alone."""
    text = fold(login_name.strip())
    if "@" not in text:
        domain = primary_domain(read)
        if domain is None:
            return None
        text = f"{text}@{domain}"
    key = text
    for _ in range(8):  # aliases of aliases; longer chains are routes, not names
        rows = read("SELECT account_id, target FROM address WHERE key = ?", (key,))
        if len(rows) != 1:
            return None
        account_id, target = rows[0]
        if account_id is not None:
            return int(account_id)
        if target is None:  # a group is nobody
            return None
        key = parse_address(target).key
    return None


def _other_entries(read: Read, address: Address) -> list[_Entry]:
    """For an address that has none of its own."""
    plain = address.without_subaddress()
    if plain != address:
        rows = read(_ENTRIES, (plain.key,))
        if rows:
            return [(row[0], row[1], row[2], row[3]) for row in rows]
    if fold(address.local_part) == POSTMASTER:
        # RFC 5321 §4.5.1: postmaster is always accepted; without an alias of that name it is the first administrator's
        rows = read(
            "SELECT account_id FROM account WHERE role = 'administrator' AND is_disabled = 0 ORDER BY account_id LIMIT 1",
            (),
        )
        if rows:
            return [(rows[0][0], None, 0, None)]
    rows = read("SELECT catch_all FROM domain WHERE name = ? AND catch_all IS NOT NULL", (address.domain,))
    return [(None, rows[0][0], None, None)] if rows else []
