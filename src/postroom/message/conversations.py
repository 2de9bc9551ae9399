"""THREAD: messages arranged into trees, by subject and date (ORDEREDSUBJECT) or by who answers whom (REFERENCES).

RFC 5256 §3. Nothing recurses and nothing is quadratic: a chain of 100,000 answers, a ring of references or a thousand copies of one Message-ID costs what as many
plain messages cost. The steps have the numbers that the RFC gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Threadable:
    """What arranging needs of one message. `number` is its place in the mailbox, `subject` its base subject as it is compared."""

    number: int
    sent_at: int
    subject: str
    is_reply: bool = False
    message_id: str | None = None
    references: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Node:
    """One place in a tree; `message` None for a message that others answer and that is not here."""

    message: Threadable | None = None
    parent: Node | None = None
    children: dict[Node, None] = field(default_factory=dict)

    @property
    def label(self) -> int | None:
        """The number of its message."""
        return None if self.message is None else self.message.number

    @property
    def below(self) -> Iterable[Node]:
        """Its children in order."""
        return self.children

    def adopt(self, child: Node) -> None:
        """Make `child` ours, whosever it was."""
        if child.parent is not None:
            child.parent.children.pop(child, None)
        child.parent = self
        self.children[child] = None


def ordered_subject(messages: Iterable[Threadable]) -> list[Node]:
    """Threads of one base subject each: the first message by date is the root, the others are its children (RFC 5256 §3)."""
    by_subject: dict[str, list[Threadable]] = {}
    for message in sorted(messages, key=_moment):
        by_subject.setdefault(message.subject, []).append(message)
    roots = []
    for first, *others in by_subject.values():
        root = Node(first)
        for other in others:
            root.adopt(Node(other))
        roots.append(root)
    return roots


def by_references(messages: Sequence[Threadable]) -> list[Node]:
    """Threads by References, then joined by subject; sorted by the date of their first message (RFC 5256 §3)."""
    roots = _pruned(_linked(messages))
    _sort(roots)
    roots = _joined(roots)
    _sort(roots)
    return roots


def _linked(messages: Sequence[Threadable]) -> list[Node]:
    """Step 1 and 2: every message below the last one that it references, where that makes no ring."""
    by_id: dict[str, Node] = {}
    nodes: list[Node] = []
    tree = _Ancestry()
    for message in messages:
        name = message.message_id
        node = by_id.get(name) if name is not None else None
        if node is None or node.message is not None:
            # RFC 5256 §3: without a Message-ID, or with one already seen, a message gets one of its own
            node = Node()
            nodes.append(node)
            if name is not None and name not in by_id:
                by_id[name] = node
        node.message = message
        parent: Node | None = None
        for reference in message.references:
            referenced = by_id.get(reference)
            if referenced is None:
                referenced = by_id[reference] = Node()
                nodes.append(referenced)
            if parent is not None and referenced.parent is None and tree.may_link(parent, referenced):
                tree.link(parent, referenced)
            parent = referenced
        _settle(tree, node, parent)
    return [node for node in nodes if node.parent is None]


def _settle(tree: _Ancestry, node: Node, parent: Node | None) -> None:
    """Step 1 B: the last reference is the parent, whatever was guessed from others before; with none there is no parent."""
    if node.parent is parent:
        return
    if node.parent is not None:
        tree.cut(node)
    if parent is not None and tree.may_link(parent, node):
        tree.link(parent, node)


class _Ancestry:
    """Who is above whom, answered without walking up long chains again and again.

    A link-cut forest on splay trees (Sleator and Tarjan 1983): each question costs the logarithm of the number of messages, whatever the shape.
    """

    __slots__ = ("_splays",)

    def __init__(self) -> None:
        self._splays: dict[Node, _Splay] = {}

    def may_link(self, parent: Node, child: Node) -> bool:
        """Whether `child`, which has no parent, is not itself above `parent`."""
        return parent is not child and _root(self._of(parent)) is not self._of(child)

    def link(self, parent: Node, child: Node) -> None:
        parent.adopt(child)
        splay = self._of(child)
        _expose(splay)
        splay.up = self._of(parent)

    def cut(self, child: Node) -> None:
        if child.parent is None:
            return
        child.parent.children.pop(child, None)
        child.parent = None
        splay = self._of(child)
        _expose(splay)
        if splay.left is not None:
            splay.left.up = None
            splay.left = None

    def _of(self, node: Node) -> _Splay:
        found = self._splays.get(node)
        if found is None:
            found = self._splays[node] = _Splay()
        return found


class _Splay:
    __slots__ = ("left", "right", "up")

    def __init__(self) -> None:
        self.left: _Splay | None = None
        self.right: _Splay | None = None
        self.up: _Splay | None = None


def _is_top(splay: _Splay) -> bool:
    up = splay.up
    return up is None or (up.left is not splay and up.right is not splay)


def _rotate(splay: _Splay) -> None:
    up = splay.up
    assert up is not None
    above = up.up
    if not _is_top(up) and above is not None:
        if above.left is up:
            above.left = splay
        else:
            above.right = splay
    splay.up = above
    if up.left is splay:
        up.left, splay.right = splay.right, up
        if up.left is not None:
            up.left.up = up
    else:
        up.right, splay.left = splay.left, up
        if up.right is not None:
            up.right.up = up
    up.up = splay


def _splay(splay: _Splay) -> None:
    while not _is_top(splay):
        up = splay.up
        assert up is not None
        if not _is_top(up):
            above = up.up
            assert above is not None
            _rotate(up if (above.left is up) == (up.left is splay) else splay)
        _rotate(splay)


def _expose(splay: _Splay) -> None:
    """Make the path from the root down to here one splay tree with this at its top."""
    below: _Splay | None = None
    at: _Splay | None = splay
    while at is not None:
        _splay(at)
        at.right = below
        below, at = at, at.up
    _splay(splay)


def _root(splay: _Splay) -> _Splay:
    _expose(splay)
    while splay.left is not None:
        splay = splay.left
    _splay(splay)
    return splay


def _pruned(roots: list[Node]) -> list[Node]:
    """Step 3: places without a message go, and what is below them moves up; at the top only where there is one below."""
    kept: list[Node] = []
    for root in roots:
        waiting = [(child, root) for child in root.children]
        root.children = {}
        while waiting:
            node, above = waiting.pop()
            below = above if node.message is None else node
            waiting.extend([(child, below) for child in node.children])
            node.children = {}
            if node.message is not None:
                node.parent = above
                above.children[node] = None
        if root.message is not None or len(root.children) > 1:
            kept.append(root)
        elif root.children:
            (child,) = root.children
            child.parent = None
            kept.append(child)
    return kept


def _from_below(roots: Iterable[Node]) -> list[Node]:
    """Every node, each after all those below it."""
    waiting = list(roots)
    found: list[Node] = []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(node.children)
    found.reverse()
    return found


def _moment(message: Threadable) -> tuple[int, int]:
    return message.sent_at, message.number


def _place(node: Node) -> tuple[int, int]:
    """RFC 5256 §3 step 4: an empty place stands where its first child does."""
    while node.message is None:
        node = next(iter(node.children))
    return _moment(node.message)


def _sort(roots: list[Node]) -> None:
    """Step 4 and 6: siblings by date, everywhere."""
    for node in _from_below(roots):
        if len(node.children) > 1:
            node.children = dict.fromkeys(sorted(node.children, key=_place))
    roots.sort(key=_place)


def _first(node: Node) -> Threadable:
    """The message whose subject stands for a thread."""
    while node.message is None:
        node = next(iter(node.children))
    return node.message


def _joined(roots: list[Node]) -> list[Node]:
    """Step 5: threads with one base subject become one."""
    table: dict[str, Node] = {}
    for root in roots:
        first = _first(root)
        if not first.subject:
            continue
        held = table.get(first.subject)
        if (
            held is None
            or (root.message is None and held.message is not None)
            or (_first(held).is_reply and not first.is_reply and held.message is not None)
        ):
            table[first.subject] = root
    gone: set[Node] = set()
    grown: dict[Node, Node] = {}
    for root in roots:
        first = _first(root)
        held = table.get(first.subject) if first.subject else None
        if held is None or held is root:
            continue
        gone.add(root)
        held = grown.get(held, held)
        if held.message is None and root.message is None:
            for child in list(root.children):
                held.adopt(child)
        elif held.message is None or (first.is_reply and not _first(held).is_reply):
            held.adopt(root)
        else:
            top = Node()
            top.adopt(held)
            top.adopt(root)
            grown[held] = top
    return [grown.get(root, root) for root in roots if root not in gone]
