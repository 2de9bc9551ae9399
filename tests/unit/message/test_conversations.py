"""Threads: the steps of RFC 5256 §3, hostile references, and an independent reading of the algorithm on random mail."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.message.conversations import Node, Threadable, by_references, ordered_subject

Tree = tuple[int | None, tuple["Tree", ...]]


def plain(node: Node) -> Tree:
    return node.label, tuple(plain(child) for child in node.children)


def message(number: int, *references: str, subject: str = "", is_reply: bool = False, own: str = "") -> Threadable:
    return Threadable(number, number, subject, is_reply, own or f"{number}", references)


def threads(*messages: Threadable) -> list[Tree]:
    return [plain(root) for root in by_references(messages)]


def test_a_message_that_is_not_there_holds_its_answers_together() -> None:
    assert threads(message(1, "x"), message(2, "x")) == [(None, ((1, ()), (2, ())))]
    assert threads(message(1, "x", "y"), message(2, "z")) == [(1, ()), (2, ())]
    assert threads(message(1, "a", "b"), message(2, "a", "c")) == [(None, ((1, ()), (2, ())))]


def test_the_last_reference_is_the_parent_whatever_was_guessed() -> None:
    guessed = message(3, "1", "2")
    # 2 has no references: it hangs below nothing, though 3 said that it answers 1
    assert threads(message(1), guessed, message(2)) == [(1, ()), (2, ((3, ()),))]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([message(1, subject="A"), message(2, subject="A", is_reply=True)], [(1, ((2, ()),))]),
        ([message(1, subject="A", is_reply=True), message(2, subject="A")], [(2, ((1, ()),))]),
        ([message(1, subject="A"), message(2, subject="A")], [(None, ((1, ()), (2, ())))]),
        (
            [message(1, subject="A"), message(2, subject="A"), message(3, subject="A")],
            [(None, ((1, ()), (2, ()), (3, ())))],
        ),
        ([message(1, subject=""), message(2, subject="")], [(1, ()), (2, ())]),
        (
            [message(1, "x", subject="A"), message(2, "x", subject="B"), message(3, subject="A")],
            [(None, ((1, ()), (2, ()), (3, ())))],
        ),
    ],
)
def test_threads_of_one_subject_become_one(messages: list[Threadable], expected: list[Tree]) -> None:
    assert threads(*messages) == expected


def test_a_second_message_of_one_id_stands_alone() -> None:
    assert threads(message(1, own="a"), message(2, own="a"), message(3, "a", own="b")) == [(1, ((3, ()),)), (2, ())]


def test_rings_and_oneself() -> None:
    assert threads(message(1, "1")) == [(1, ())]
    ring = [message(number, str((number + 1) % 3 + 0)) for number in range(3)]
    assert sorted(label for root in by_references(ring) for label in every(root)) == [0, 1, 2]


def every(root: Node) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if node.label is not None:
            found.append(node.label)
    return found


@pytest.mark.parametrize("shape", ["chain", "backwards", "ring", "one id", "long references", "one subject"])
def test_a_hundred_thousand(shape: str) -> None:
    count = 100_000
    messages = {
        "chain": lambda n: message(n, *([str(n - 1)] if n else [])),
        "backwards": lambda n: message(n, str(count - n - 1), own=str(count - n)),
        "ring": lambda n: message(n, str((n + 1) % count)),
        "one id": lambda n: message(n, "a", "b", own="a"),
        "long references": lambda n: message(n, *map(str, range(max(0, n - 5), n))),
        "one subject": lambda n: message(n, subject="A", is_reply=n % 3 > 0),
    }[shape]
    roots = by_references([messages(number) for number in range(count)])
    assert sorted(label for root in roots for label in every(root)) == list(range(count))


def test_ordered_subject() -> None:
    found = ordered_subject([message(3, subject="A"), message(1, subject="B"), message(2, subject="A")])
    assert [plain(root) for root in found] == [(1, ()), (2, ((3, ()),))]


# The algorithm once more, as the RFC tells it, by plain walks and without care for time.


class Container:
    def __init__(self) -> None:
        self.message: Threadable | None = None
        self.parent: Container | None = None

    def is_above(self, other: Container) -> bool:
        at: Container | None = other
        while at is not None:
            if at is self:
                return True
            at = at.parent
        return False


def reference_trees(messages: list[Threadable]) -> dict[int, int | None]:
    """For each message the nearest message above it, before subjects are looked at."""
    table: dict[str, Container] = {}
    containers: list[Container] = []
    for one in messages:
        chain = []
        for name in one.references:
            if name not in table:
                table[name] = Container()
                containers.append(table[name])
            chain.append(table[name])
        for above, below in itertools.pairwise(chain):
            if below.parent is None and not below.is_above(above):
                below.parent = above
        assert one.message_id is not None
        mine = table.get(one.message_id)
        if mine is None or mine.message is not None:
            mine = Container()
            containers.append(mine)
            table.setdefault(one.message_id, mine)
        mine.message = one
        last = chain[-1] if chain else None
        if mine.parent is not last:
            mine.parent = None
            if last is not None and not mine.is_above(last):
                mine.parent = last
    found: dict[int, int | None] = {}
    for container in containers:
        if container.message is None:
            continue
        at = container.parent
        while at is not None and at.message is None:
            at = at.parent
        found[container.message.number] = at.message.number if at is not None and at.message is not None else None
    return found


NAMES = st.sampled_from("abcdefgh")
MAIL = st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=4, unique=True)), max_size=14)


@settings(max_examples=400)
@given(MAIL)
def test_parents_are_those_of_the_plain_algorithm(mail: list[tuple[str, list[str]]]) -> None:
    messages = [
        Threadable(number, number, "", False, own, tuple(name for name in references if name != own))
        for number, (own, references) in enumerate(mail)
    ]
    found: dict[int, int | None] = {}
    waiting: list[tuple[Node, int | None]] = [(root, None) for root in by_references(messages)]
    while waiting:
        node, above = waiting.pop()
        if node.label is not None:
            found[node.label] = above
        waiting += [(child, node.label) for child in node.children]
    assert found == reference_trees(messages)
