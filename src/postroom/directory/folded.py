"""Folded forms of names and addresses, beside what people typed: so that search and order know no case, in any script, and a target is found by index.

SQL folds ASCII alone, so they are made here. Rows of an older version have none: `fill` makes them, once.
"""

from __future__ import annotations

from postroom.model.address import Address, fold, parse_address
from postroom.model.database import Read, Transaction


def is_filled(read: Read) -> bool:
    """Whether no row is without; two looks into empty indexes."""
    return not (
        read("SELECT 1 FROM account WHERE address_key IS NULL LIMIT 1", ())
        or read("SELECT 1 FROM address WHERE domain IS NULL LIMIT 1", ())
    )


def fill(transaction: Transaction) -> None:
    """Nothing happens where nothing is missing."""
    rows = transaction.execute(
        "SELECT account_id, local_part, domain, display_name FROM account WHERE address_key IS NULL"
    )
    transaction.execute_many(
        "UPDATE account SET address_key = ?, name_key = ? WHERE account_id = ?",
        [(Address(row[1], row[2]).key, fold(row[3]), row[0]) for row in rows],
    )
    rows = transaction.execute("SELECT key, seq, address, target FROM address WHERE domain IS NULL")
    transaction.execute_many(
        "UPDATE address SET target_key = ?, domain = ? WHERE key = ? AND seq = ?",
        [(parse_address(row[3]).key if row[3] else None, parse_address(row[2]).domain, row[0], row[1]) for row in rows],
    )


def pattern(search: str) -> str:
    """What a LIKE with ESCAPE '\\' finds: the words anywhere, without case."""
    text = fold(search.strip())
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return f"%{text}%"
