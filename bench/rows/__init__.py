"""The rows of TARGETS that can be measured now, by number."""

from __future__ import annotations

from bench.rows.bodies import bodies
from bench.rows.delivery import kept_connections, new_connections, while_indexing
from bench.rows.idlers import held
from bench.rows.imap import append, fetch, logins
from bench.rows.large import million, pauses
from bench.rows.memory import after_load, at_rest, idle_connections
from bench.rows.mixed import changes, mixed
from bench.rows.notices import notices
from bench.rows.outbound import outbound
from bench.rows.search import search

# memory comes first: later rows leave freed room behind, in which idle connections would cost nothing
ROWS = {
    "13": at_rest,
    "11": idle_connections,
    "11b": held,
    "1": new_connections,
    "2": kept_connections,
    "3": append,
    "4": fetch,
    "5": bodies,
    "6": search,
    "14b": while_indexing,
    "7": mixed,
    "8": changes,
    "9": logins,
    "13b": after_load,
    "10": million,
    "15": pauses,
    "told": notices,
    "16": outbound,
}
