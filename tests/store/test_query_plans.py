"""Which index a statement uses: a plan that walks the mailbox is right and, at a million messages, too slow to serve with."""

from __future__ import annotations

import apsw
import pytest

from postroom.model.email import Column
from postroom.store import emails
from postroom.store.engines.migrations import migrations


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (emails.FIRST_UNSEEN_SQL, "mailbox_email_unseen"),
        (emails.CHANGED_SQL, "mailbox_email_mod_seq"),
        (emails.EXPUNGED_SQL, "mod_seq>?"),
        (emails.newest_sql(0), "mailbox_email_email"),
        (emails.newest_sql(3), "mailbox_email_email"),
        (emails.memberships_sql((Column.UID, Column.HEADER_CACHE, Column.CONTENT), 3), "mailbox_email_email"),
    ],
)
def test_the_index(sql: str, index: str) -> None:
    connection = apsw.Connection(":memory:")
    for _, script in migrations("account"):
        connection.execute(script)
    plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, [1] * sql.count("?"))]
    assert any(index in step for step in plan), plan
