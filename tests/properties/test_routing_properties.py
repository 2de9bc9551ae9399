"""Whatever aliases, groups and catch-alls lead to each other, over domains in both spellings: an address leads to just those who can be reached, and it ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.directory.routing import route
from postroom.model.address import Address
from postroom.model.errors import NotFound

UNICODE, LABELS = "bücher.test", "xn--bcher-kva.test"
LOCAL = ("a.test", "b.test", UNICODE)
NAMES = st.sampled_from(["x", "y", "z", "user"])
LOCAL_ADDRESSES = st.builds(Address, NAMES, st.sampled_from(LOCAL))
TARGETS = st.builds(Address, NAMES, st.sampled_from([*LOCAL, LABELS, "far.test", "xn--far-0qa.test", "xn--0.test"]))
GRAPHS = st.dictionaries(LOCAL_ADDRESSES, st.lists(TARGETS, min_size=1, max_size=3, unique=True), max_size=10)
CATCH_ALLS = st.dictionaries(st.sampled_from(LOCAL), TARGETS, max_size=3)
USER = Address("user", "a.test")


def own(address: Address) -> Address:
    return Address(address.local_part, UNICODE) if address.domain == LABELS else address


def reachable(start: Address, graph: dict[Address, list[Address]], catch_alls: dict[str, Address]) -> set[str]:
    """Over every road, each address once."""
    found, seen, waiting = set(), set(), [start]
    while waiting:
        address = own(waiting.pop())
        if address in seen:
            continue
        seen.add(address)
        if address == USER:
            found.add("user")
        elif address.domain not in LOCAL:
            found.add(str(address))
        elif address in graph:
            waiting += graph[address]
        elif address.domain in catch_alls:
            waiting.append(catch_alls[address.domain])
    return found


def database(graph: dict[Address, list[Address]], catch_alls: dict[str, Address]) -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.executescript(
        "CREATE TABLE domain (name, is_primary, catch_all); CREATE TABLE address (key, seq, address, account_id, target, group_id);"
        "CREATE TABLE account (account_id, is_disabled, role); INSERT INTO account VALUES (1, 0, 'user');"
    )
    for name in LOCAL:
        made.execute(
            "INSERT INTO domain VALUES (?, 0, ?)", (name, str(catch_alls[name]) if name in catch_alls else None)
        )
    for address, targets in graph.items():
        for seq, target in enumerate(targets):
            made.execute(
                "INSERT INTO address VALUES (?, ?, ?, NULL, ?, NULL)", (address.key, seq, str(address), str(target))
            )
    made.execute("INSERT INTO address VALUES (?, 0, ?, 1, NULL, NULL)", (USER.key, str(USER)))
    return made


@given(GRAPHS, CATCH_ALLS, LOCAL_ADDRESSES)
@settings(max_examples=300, deadline=None)
def test_an_address_leads_to_all_who_can_be_reached_and_ends(
    graph: dict[Address, list[Address]], catch_alls: dict[str, Address], start: Address
) -> None:
    graph.pop(USER, None)
    connection = database(graph, catch_alls)
    questions = 0

    def read(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        nonlocal questions
        questions += 1
        return connection.execute(sql, parameters).fetchall()

    expected = reachable(start, graph, catch_alls)
    try:
        recipients = route(read, start)
    except NotFound:
        recipients = []
    connection.close()
    got = ["user" if one.account_id == 1 else str(one.final) for one in recipients]
    assert sorted(got) == sorted(expected)
    assert all(one.forward_path == start for one in recipients)
    assert questions <= 8 * (len(graph) + 40)


def test_a_label_that_is_none_is_somebody_elses() -> None:
    connection = database({}, {})
    address = Address("x", "xn--.test")
    (recipient,) = route(lambda sql, parameters: connection.execute(sql, parameters).fetchall(), address)
    connection.close()
    assert recipient.account_id is None
