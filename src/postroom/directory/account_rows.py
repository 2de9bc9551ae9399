"""Accounts as their rows say."""

from __future__ import annotations

from postroom.model.account import Account, Role
from postroom.model.address import Address
from postroom.model.database import Row
from postroom.model.ids import AccountId

ACCOUNT_COLUMNS = "account_id, local_part, domain, display_name, role, is_disabled, quota, created_at"


def account_of(row: Row) -> Account:
    """A row in the order of ACCOUNT_COLUMNS."""
    return Account(
        AccountId(row[0]), Address(row[1], row[2]), row[3], Role(row[4]), bool(row[5]), row[6], row[7]
    )  # fmt: skip
