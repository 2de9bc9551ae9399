"""Groups: an address that leads to its members, who are accounts, other groups, aliases, or addresses elsewhere; operations inside a transaction.

A group may be in another and nothing forbids a circle, since routing goes through each address once (routing.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from postroom.directory.changes import check_free
from postroom.model.address import Address, fold, parse_address
from postroom.model.administration import MAX_MEMBERS, Group, GroupChange, Unchanged
from postroom.model.database import Read, Transaction
from postroom.model.errors import Conflict, NotFound, OverLimit
from postroom.model.ids import GroupId


def find_group(read: Read, group_id: GroupId) -> Group:
    """With its members. Raises NotFound."""
    rows = read("SELECT group_id, address, name, description FROM mail_group WHERE group_id = ?", (group_id,))
    if not rows:
        raise NotFound("there is no such group")
    members = members_of(read, group_id)
    return Group(GroupId(rows[0][0]), parse_address(rows[0][1]), rows[0][2], rows[0][3], len(members), members)


def group_at(read: Read, address: Address) -> GroupId:
    """Raises NotFound."""
    rows = read("SELECT group_id FROM mail_group WHERE address_key = ?", (address.key,))
    if not rows:
        raise NotFound(f"there is no group {address}; `postroom group list` shows them")
    return GroupId(rows[0][0])


def members_of(read: Read, group_id: GroupId) -> list[Address]:
    rows = read("SELECT member FROM group_member WHERE group_id = ? ORDER BY member_key", (group_id,))
    return [parse_address(row[0]) for row in rows]


def add_group(transaction: Transaction, address: Address, name: str, description: str, now: int) -> GroupId:
    """Empty. Raises NotFound (domain), Conflict (address taken)."""
    check_free(transaction, address)
    group_id = GroupId(
        transaction.execute(
            "UPDATE counter SET next_value = next_value + 1 WHERE name = 'group_id' RETURNING next_value - 1"
        )[0][0]
    )
    transaction.execute(
        "INSERT INTO mail_group (group_id, address, address_key, domain, name, name_key, description, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (group_id, str(address), address.key, address.domain, name, fold(name), description, now),
    )
    _place(transaction, group_id, address)
    return group_id


def change_group(transaction: Transaction, group: Group, change: GroupChange) -> None:
    """Raises Conflict, NotFound, OverLimit (too many members)."""
    group_id, address = group.group_id, group.address
    if not isinstance(change.name, Unchanged):
        transaction.execute(
            "UPDATE mail_group SET name = ?, name_key = ? WHERE group_id = ?",
            (change.name, fold(change.name), group_id),
        )
    if not isinstance(change.description, Unchanged):
        transaction.execute("UPDATE mail_group SET description = ? WHERE group_id = ?", (change.description, group_id))
    if not isinstance(change.address, Unchanged) and change.address != address:
        transaction.execute("DELETE FROM address WHERE group_id = ?", (group_id,))
        check_free(transaction, change.address)
        address = change.address
        transaction.execute(
            "UPDATE mail_group SET address = ?, address_key = ?, domain = ? WHERE group_id = ?",
            (str(address), address.key, address.domain, group_id),
        )
        _place(transaction, group_id, address)
        rename_member(transaction, group.address, address)
    if not isinstance(change.members, Unchanged):
        transaction.execute("DELETE FROM group_member WHERE group_id = ?", (group_id,))
        _join(transaction, group_id, address, change.members)
    _join(transaction, group_id, address, change.add)
    for member in change.remove:
        if not transaction.execute(
            "DELETE FROM group_member WHERE group_id = ? AND member_key = ? RETURNING 1", (group_id, member.key)
        ):
            raise NotFound(f"{member} is no member of {address}")


def remove_group(transaction: Transaction, group: Group) -> None:
    """Other groups lose this member. Raises Conflict where an alias leads to it."""
    rows = transaction.execute("SELECT address FROM address WHERE target_key = ? LIMIT 1", (group.address.key,))
    if rows:
        raise Conflict(f"the alias {rows[0][0]} leads to {group.address}; remove or change that first")
    transaction.execute("DELETE FROM group_member WHERE group_id = ?", (group.group_id,))
    transaction.execute("DELETE FROM group_member WHERE member_key = ?", (group.address.key,))
    transaction.execute("DELETE FROM address WHERE group_id = ?", (group.group_id,))
    transaction.execute("DELETE FROM mail_group WHERE group_id = ?", (group.group_id,))


def rename_member(transaction: Transaction, old: Address, new: Address) -> None:
    """In all groups that it is in."""
    transaction.execute(
        "DELETE FROM group_member WHERE member_key = ? AND group_id IN"
        " (SELECT group_id FROM group_member WHERE member_key = ?)",
        (old.key if old.key != new.key else "", new.key),
    )
    transaction.execute(
        "UPDATE group_member SET member_key = ?, member = ? WHERE member_key = ?", (new.key, str(new), old.key)
    )


def _place(transaction: Transaction, group_id: GroupId, address: Address) -> None:
    transaction.execute(
        "INSERT INTO address (key, seq, address, group_id, domain) VALUES (?, 0, ?, ?, ?)",
        (address.key, str(address), group_id, address.domain),
    )


def _join(transaction: Transaction, group_id: GroupId, own: Address, members: Iterable[Address]) -> None:
    """Who is in it already stays; a member of a domain of ours must be there."""
    local = {row[0] for row in transaction.execute("SELECT name FROM domain")}
    wanted = {member.key: member for member in members}
    if own.key in wanted:
        raise Conflict("a group can't be a member of itself")
    for member in wanted.values():
        if member.domain in local and not _is_there(transaction, member):
            raise NotFound(f"{member} is no address here, so it can't be a member")
    transaction.execute_many(
        "INSERT INTO group_member (group_id, member_key, member) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(group_id, member.key, str(member)) for member in wanted.values()],
    )
    count = transaction.execute("SELECT count(*) FROM group_member WHERE group_id = ?", (group_id,))[0][0]
    if count > MAX_MEMBERS:
        raise OverLimit(f"a group has at most {MAX_MEMBERS} members; put groups into a group for more")


def _is_there(transaction: Transaction, member: Address) -> bool:
    keys = (member.key, member.without_subaddress().key)
    return bool(transaction.execute("SELECT 1 FROM address WHERE key IN (?, ?) LIMIT 1", keys))
