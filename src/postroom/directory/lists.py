"""Lists of accounts, domains, groups and aliases: searched, ordered and cut to a page by the database, so that 50,000 accounts cost milliseconds.

A list of accounts knows nothing of their mail: who shows octets asks the mail store for the accounts of the page alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from postroom.directory.account_rows import ACCOUNT_COLUMNS, account_of
from postroom.directory.folded import pattern
from postroom.directory.passwords import NO_PASSWORD
from postroom.model.address import Address, parse_address
from postroom.model.administration import (
    MAX_LISTED,
    AccountRow,
    AddressFormat,
    AliasRow,
    DomainRow,
    Group,
    Listed,
    Selection,
)
from postroom.model.database import Parameters, Row
from postroom.model.errors import Fault, Malformed
from postroom.model.ids import AccountId, GroupId

Scan = Callable[[str, Parameters], Awaitable[list[Row]]]

MAX_SEARCH = 200  # characters: nobody types more, and each row is compared with it
_ACCOUNT_SORTS = {
    "address": "address_key {0}",
    "display_name": "name_key {0}, account_id {0}",
    "created_at": "created_at {0}, account_id {0}",
    "last_login_at": "coalesce(last_login_at, 0) {0}, account_id {0}",
    "role": "role {0}, account_id {0}",
    "domain": "domain {0}, address_key {0}",
    "quota": "coalesce(quota, 9223372036854775807) {0}, account_id {0}",
}
_DOMAIN_SORTS = {"name": "name {0}", "accounts": "accounts {0}, name {0}"}
_GROUP_SORTS = {"address": "address_key {0}", "name": "name_key {0}, group_id {0}"}
_ALIAS_SORTS = {"address": "key {0}"}


async def accounts(scan: Scan, selection: Selection) -> Listed[AccountRow]:
    """Raises Malformed for a column that is no order."""
    where, values = _where(selection, ("address_key", "name_key"))
    order = _order(selection, _ACCOUNT_SORTS)
    total = (await scan(f"SELECT count(*) FROM account{where}", values))[0][0]
    # the numbers of the page first, from the index alone; then its rows
    rows = await scan(
        f"SELECT account_id FROM account{where} ORDER BY {order} LIMIT ? OFFSET ?", (*values, *_cut(selection))
    )
    ids = [AccountId(row[0]) for row in rows]
    found = {row.account.account_id: row for row in await account_rows(scan, ids, selection.domains)}
    return Listed([found[one] for one in ids if one in found], total)


async def account_rows(scan: Scan, ids: Sequence[AccountId], domains: frozenset[str] | None) -> list[AccountRow]:
    """Aliases, groups and domains to administer are told where they are in `domains`."""
    if not ids:
        return []
    marks = _marks(ids)
    rows = await scan(
        f"SELECT {ACCOUNT_COLUMNS}, sending_limit, last_login_at, password_hash <> ?, address_key,"
        " EXISTS (SELECT 1 FROM second_factor WHERE second_factor.account_id = account.account_id AND confirmed_at IS NOT NULL)"
        f" FROM account WHERE account_id IN ({marks})",
        (NO_PASSWORD, *ids),
    )
    keys = [row[11] for row in rows]
    key_marks = _marks(keys)  # fewer than asked for where one is gone
    aliases = _gathered(
        await scan(
            f"SELECT target_key, address, domain FROM address WHERE target_key IN ({key_marks}) ORDER BY key", keys
        ),
        domains,
    )
    groups = _gathered(
        await scan(
            "SELECT group_member.member_key, mail_group.address, mail_group.domain FROM group_member"
            " JOIN mail_group ON mail_group.group_id = group_member.group_id"
            f" WHERE group_member.member_key IN ({key_marks}) ORDER BY mail_group.address_key",
            keys,
        ),
        domains,
    )
    administers = await scan(
        f"SELECT account_id, domain FROM domain_administrator WHERE account_id IN ({marks}) ORDER BY domain", ids
    )
    return [
        AccountRow(
            account_of(row),
            sending_limit=row[8],
            last_login_at=row[9],
            has_password=bool(row[10]),
            has_second_factor=bool(row[12]),
            aliases=aliases.get(row[11], []),
            groups=groups.get(row[11], []),
            administers=[
                name
                for account_id, name in administers
                if account_id == row[0] and (domains is None or name in domains)
            ],
        )
        for row in rows
    ]


async def found_addresses(scan: Scan, keys: Sequence[str]) -> list[tuple[str, int | None]]:
    """Of those that are there: (key, account_id), None for what is no account's own."""
    rows = await scan(f"SELECT DISTINCT key, account_id FROM address WHERE key IN ({_marks(keys)})", keys)
    return [(row[0], row[1]) for row in rows]


async def domains(scan: Scan, selection: Selection) -> Listed[DomainRow]:
    where, values = _where(selection, ("name",), domain="name")
    order = _order(selection, _DOMAIN_SORTS)
    total = (await scan(f"SELECT count(*) FROM domain{where}", values))[0][0]
    rows = await scan(
        "SELECT name, is_primary, (SELECT count(*) FROM account WHERE account.domain = domain.name) AS accounts,"
        " (SELECT count(DISTINCT key) FROM address WHERE address.domain = domain.name AND target IS NOT NULL),"
        " (SELECT count(*) FROM mail_group WHERE mail_group.domain = domain.name),"
        " catch_all, sending_limit, account_quota, largest_attachment, address_format"
        f" FROM domain{where} ORDER BY {order} LIMIT ? OFFSET ?",
        (*values, *_cut(selection)),
    )
    names = [row[0] for row in rows]
    administrators = await scan(
        "SELECT domain_administrator.domain, account.local_part, account.domain FROM domain_administrator"
        " JOIN account ON account.account_id = domain_administrator.account_id"
        f" WHERE domain_administrator.domain IN ({_marks(names)}) ORDER BY account.address_key",
        names,
    )
    return Listed(
        [
            DomainRow(
                name=row[0],
                is_primary=bool(row[1]),
                accounts=row[2],
                aliases=row[3],
                groups=row[4],
                catch_all=parse_address(row[5]) if row[5] else None,
                sending_limit=row[6],
                account_quota=row[7],
                largest_attachment=row[8],
                address_format=AddressFormat(row[9]),
                administrators=[Address(local, domain) for name, local, domain in administrators if name == row[0]],
            )
            for row in rows
        ],
        total,
    )


async def groups(scan: Scan, selection: Selection) -> Listed[Group]:
    """Without their members."""
    where, values = _where(selection, ("address_key", "name_key"))
    order = _order(selection, _GROUP_SORTS)
    total = (await scan(f"SELECT count(*) FROM mail_group{where}", values))[0][0]
    rows = await scan(
        "SELECT group_id, address, name, description,"
        " (SELECT count(*) FROM group_member WHERE group_member.group_id = mail_group.group_id)"
        f" FROM mail_group{where} ORDER BY {order} LIMIT ? OFFSET ?",
        (*values, *_cut(selection)),
    )
    return Listed([Group(GroupId(row[0]), parse_address(row[1]), *row[2:5]) for row in rows], total)


async def aliases(scan: Scan, selection: Selection) -> Listed[AliasRow]:
    """Each once, with all its targets."""
    where, values = _where(selection, ("key", "target_key"))
    where += (" AND" if where else " WHERE") + " target IS NOT NULL"
    order = _order(selection, _ALIAS_SORTS)
    total = (await scan(f"SELECT count(DISTINCT key) FROM address{where}", values))[0][0]
    keys = await scan(
        f"SELECT key FROM address{where} GROUP BY key ORDER BY {order} LIMIT ? OFFSET ?",
        (*values, *_cut(selection)),
    )
    names = [row[0] for row in keys]
    rows = await scan(
        f"SELECT key, address, target FROM address WHERE target IS NOT NULL AND key IN ({_marks(names)}) ORDER BY key, seq",
        names,
    )
    leads = {name: [row for row in rows if row[0] == name] for name in names}
    return Listed(
        [AliasRow(parse_address(led[0][1]), [parse_address(row[2]) for row in led]) for led in leads.values() if led],
        total,
    )


def _where(selection: Selection, columns: Iterable[str], domain: str = "domain") -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    if selection.domains is not None:
        names = sorted(selection.domains)
        parts.append(f"{domain} IN ({_marks(names)})" if names else "1 = 0")
        values += names
    if selection.search.strip():
        if len(selection.search) > MAX_SEARCH:
            raise _refused("search", f"at most {MAX_SEARCH} characters are looked for")
        text = pattern(selection.search)
        likes = [f"{column} LIKE ? ESCAPE '\\'" for column in columns]
        parts.append("(" + " OR ".join(likes) + ")")
        values += [text] * len(likes)
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


def _order(selection: Selection, sorts: dict[str, str]) -> str:
    name = selection.sort or next(iter(sorts))
    if name not in sorts:
        raise _refused("sort", f"this list is ordered by {', '.join(sorts)}; - in front turns the order round")
    return sorts[name].format("DESC" if selection.descending else "ASC")


def _cut(selection: Selection) -> tuple[int, int]:
    if not 1 <= selection.limit <= MAX_LISTED:
        raise _refused("limit", f"1 to {MAX_LISTED} at once")
    if not 0 <= selection.offset < 1 << 31:
        raise _refused("offset", "a number from 0")
    return selection.limit, selection.offset


def _marks(values: Sequence[object]) -> str:
    """For IN (…); NULL, which equals nothing, where there are none."""
    return ", ".join("?" * len(values)) or "NULL"


def _gathered(rows: Iterable[Row], domains: frozenset[str] | None) -> dict[str, list[Address]]:
    """By what they lead to; of others' domains nothing is told."""
    found: dict[str, list[Address]] = {}
    for key, address, domain in rows:
        if domains is None or domain in domains:
            found.setdefault(key, []).append(parse_address(address))
    return found


def _refused(field: str, text: str) -> Malformed:
    return Malformed(f"{field}: {text}", faults=[Fault(field, text)])
