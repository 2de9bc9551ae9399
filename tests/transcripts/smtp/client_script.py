"""Plays a transcript against ClientCore.

`>` what the session asks of the core · `C:` a line that the core sends · `S:` a line that it receives · `=` the event it gives, as `command code` or the event's name.
Every way of cutting the server's octets gives the same.
"""

from __future__ import annotations

from collections.abc import Callable

from postroom.wire.core import Need
from postroom.wire.smtp.addresses import NULL_PATH, Path
from postroom.wire.smtp.client import Challenged, ClientCore, Replied
from postroom.wire.smtp.parameters import MailParameters, RcptParameters


def play(text: str) -> None:
    """The whole, then octet by octet."""
    for size in (1 << 20, 1, 7):
        _play(text, size)


def _play(text: str, size: int) -> None:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    core = ClientCore(lmtp="> lmtp" in lines)
    pending = unsent = b""
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == "S:":
            pending += rest.encode() + b"\r\n"
            continue
        for start in range(0, len(pending), size):
            core.receive_data(pending[start : start + size])
        pending = b""
        if mark == "=":
            assert _named(core) == rest, line
        elif mark == "C:":
            sent, _, unsent = (unsent + core.data_to_send()).partition(b"\r\n")
            assert sent.decode() == rest, line
        elif mark == ">" and rest != "lmtp":
            _do(core, rest)
    assert unsent + core.data_to_send() == b"", "the core sent more than the script says"
    assert core.next_event() is Need.DATA or text.rstrip().splitlines()[-1].startswith("= Server")


def _named(core: ClientCore) -> str:
    event = core.next_event()
    if isinstance(event, Replied):
        return f"{event.command} {event.reply.code}" + ("" if event.recipient is None else f" #{event.recipient}")
    if isinstance(event, Challenged):
        return f"Challenged {event.challenge.decode()}"
    return event.name if isinstance(event, Need) else type(event).__name__


def _do(core: ClientCore, words: str) -> None:
    verb, _, argument = words.partition(" ")
    calls: dict[str, Callable[[], None]] = {
        "hello": lambda: core.hello(argument),
        "mail": lambda: core.mail(_path(argument.split()[0]), MailParameters(size=_size(argument))),
        "rcpt": lambda: core.rcpt(_path(argument), RcptParameters()),
        "data": core.data,
        "content": lambda: core.send_content(argument.encode() + b"\r\n"),
        "end": core.end_content,
        "bdat": lambda: core.bdat(argument.removesuffix(" last").encode(), last=argument.endswith(" last")),
        "starttls": core.start_tls,
        "tls": core.tls_started,
        "auth": lambda: core.authenticate(argument, None),
        "response": lambda: core.auth_response(argument.encode()),
        "quit": core.quit,
    }
    calls[verb]()


def _path(text: str) -> Path:
    local, _, domain = text.rpartition("@")
    return Path(local, domain) if text != "<>" else NULL_PATH


def _size(argument: str) -> int | None:
    _, found, size = argument.partition(" SIZE=")
    return int(size) if found else None
