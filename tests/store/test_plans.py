"""How SQLite finds what sessions ask for again and again: by an index, never by walking a mailbox of a million messages."""

from __future__ import annotations

import apsw
import pytest

from postroom.store import emails
from postroom.store.engines import migrations


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (emails.CHANGED_SQL, "INDEX mailbox_email_mod_seq (account_id=? AND mailbox_id=? AND mod_seq>?)"),
        (emails.SOME_CHANGED_SQL, "INDEX mailbox_email_mod_seq (account_id=? AND mailbox_id=? AND mod_seq>?)"),
        (emails.SOME_EXPUNGED_SQL, "PRIMARY KEY (account_id=? AND mailbox_id=? AND mod_seq>?)"),
        (emails.EXPUNGED_SQL, "PRIMARY KEY (account_id=? AND mailbox_id=? AND mod_seq>?)"),
        (emails.FIRST_UNSEEN_SQL, "INDEX mailbox_email_unseen (account_id=? AND mailbox_id=?)"),
    ],
)
def test_found_by_index(sql: str, index: str) -> None:
    connection = apsw.Connection(":memory:")
    for _, script in migrations.migrations("account"):
        connection.execute(script)
    plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, (1,) * sql.count("?"))]
    assert any(index in step for step in plan)
    assert not any("PRIMARY KEY (account_id=? AND mailbox_id=?)" in step for step in plan)
    connection.close()
