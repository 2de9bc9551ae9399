"""Run the transcripts of this folder against `ServerCore`, whole lines at once, in sevens and byte by byte.

A file holds scenes, each under a line `== title`. In a scene:

    C: text      the client sends the line
    E: event     the next event, its fields as `shown` writes them (the tag and defaults left out)
    ! call       the session acts: reply OK text, authenticated, challenge text ...
    S: text      the next line the server sends; all of them must be listed

The session starts in the state the scene names behind its title, in brackets.
"""

from __future__ import annotations

import dataclasses
import enum
from pathlib import Path

import pytest

from postroom.wire.core import Need
from postroom.wire.imap.commands.selected.fetch import FetchSection
from postroom.wire.imap.events import LiteralChunk
from postroom.wire.imap.limits import Limits
from postroom.wire.imap.responses.status import Condition
from postroom.wire.imap.sequences import SequenceSet
from postroom.wire.imap.server import ServerCore

FOLDER = Path(__file__).parent


def scenes() -> list[object]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        title, lines = "", []
        for line in [*path.read_text("utf-8").splitlines(), "== end"]:
            if line.startswith("== "):
                if title:
                    found.append(pytest.param(title, lines, id=f"{path.stem}: {title}"))
                title, lines = line[3:], []
            elif line and not line.startswith("#"):
                lines.append(line)
    return found


def shown(value: object) -> str:
    if isinstance(value, FetchSection):
        partial = f".{value.partial.length}" if value.partial else ""
        return ("peek " if value.peek else "") + value.label.decode() + partial
    if isinstance(value, SequenceSet):
        return bytes(value).decode()
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, bytes):
        return repr(value)[2:-1]
    if isinstance(value, tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(shown, value))) + "}"
    if dataclasses.is_dataclass(value):
        fields = [
            f"{field.name}={shown(getattr(value, field.name))}"
            for field in dataclasses.fields(value)
            if field.name != "tag" and getattr(value, field.name) not in (field.default, None)
        ]
        return (
            " ".join([type(value).__name__, *fields]) if not fields else f"{type(value).__name__}({', '.join(fields)})"
        )
    return str(value)


class Scene:
    def __init__(self, title: str, chunk: int) -> None:
        limits = Limits(non_sync=4096) if "LITERAL-" in title else Limits()
        self.core = ServerCore(limits, multi_append="MULTIAPPEND" in title)
        self.chunk = chunk
        self.events: list[object] = []
        self.output = b""
        if "[authenticated" in title or "[selected" in title:
            self.core.authenticated()
        if "[selected" in title:
            self.core.selected()
        self.core.utf8 = "utf8]" in title

    def run(self, lines: list[str]) -> None:
        for line in lines:
            kind, _, text = line.partition(" ")
            {"C:": self.client, "E:": self.event, "!": self.act, "S:": self.server}[kind](text)
        assert (self.events, self.output) == ([], b"")

    def pull(self) -> None:
        while not isinstance(event := self.core.next_event(), Need):
            last = self.events[-1] if self.events else None
            if isinstance(event, LiteralChunk) and isinstance(last, LiteralChunk):
                self.events[-1] = LiteralChunk(last.content + event.content)
            else:
                self.events.append(event)
        self.output += self.core.data_to_send()

    def client(self, text: str) -> None:
        escaped = text.replace("\\r", "\r").replace("\\x00", "\x00").replace("\\xff", "\udcff")
        raw = escaped.encode("utf-8", "surrogateescape") + b"\r\n"
        for at in range(0, len(raw), self.chunk):
            self.core.receive_data(raw[at : at + self.chunk])
            self.pull()

    def event(self, text: str) -> None:
        assert [shown(event) for event in self.events[:1]] == [text]
        del self.events[0]

    def act(self, text: str) -> None:
        call, _, rest = text.partition(" ")
        if call in ("reply", "refuse"):
            condition, _, words = rest.partition(" ")
            code = None
            if words.startswith("["):
                inner, _, words = words[1:].partition("] ")
                code = inner.encode()
            getattr(self.core, call)(Condition[condition], words, code)
        elif call in ("challenge", "send"):
            getattr(self.core, call)(rest.encode() + (b"\r\n" if call == "send" else b""))
        else:
            getattr(self.core, call)()
        self.pull()

    def server(self, text: str) -> None:
        line, end, self.output = self.output.partition(b"\r\n")
        assert line.decode() + end.decode() == text + "\r\n"


@pytest.mark.parametrize("chunk", [1, 7, 65536])
@pytest.mark.parametrize(("title", "lines"), scenes())
def test_transcript(title: str, lines: list[str], chunk: int) -> None:
    Scene(title, chunk).run(lines)
