"""What ties messages to a conversation: identifiers and the base subject.

    msg-id = "<" id-left "@" id-right ">"        ; RFC 5322 §3.6.4, read as anything between angle brackets
    base subject: RFC 5256 §2.1

Identifiers are given without their brackets. One longer than a line is no identifier; of a long References the first
and the latest are kept, since the first names the conversation and the last the message answered.
"""

from __future__ import annotations

import re

from postroom.message import limits
from postroom.message.headers import Header

_MESSAGE_ID = re.compile(rb"<([^<>]*+)>")
_SPACES = re.compile(r"[ \t\r\n]+")
_LEADER = re.compile(r" *+(?:\[[^\[\]]*+\] *+)*+(?:re|fwd?) *+(?:\[[^\[\]]*+\] *+)?: *+", re.IGNORECASE)
_BLOB = re.compile(r" *+\[[^\[\]]*+\] *+")
_TRAILER = re.compile(r"\(fwd\)", re.IGNORECASE)
_FORWARD_HEADER = re.compile(r"\[fwd:", re.IGNORECASE)


def message_ids(value: bytes) -> list[str]:
    """The identifiers in an unfolded value, in order, each once."""
    found: dict[str, None] = {}
    for match in _MESSAGE_ID.finditer(value):
        identifier = b"".join(match[1].split())
        if identifier and len(identifier) <= limits.MESSAGE_ID:
            found[identifier.decode("utf-8", "replace")] = None
    return list(found)


def message_id(header: Header) -> str | None:
    """The message's own identifier; what is written without brackets counts as one when it has no spaces."""
    value = header.first(b"message-id")
    if not value:
        return None
    found = message_ids(value)
    if found:
        return found[0]
    bare = value.strip(b"<> \t")
    return bare.decode("utf-8", "replace") if b" " not in bare and 0 < len(bare) <= limits.MESSAGE_ID else None


def references(header: Header, *, in_reply_to: bool = True) -> tuple[str, ...]:
    """Whom the message answers, oldest first: References, then what In-Reply-To adds; never the message itself."""
    found: dict[str, None] = {}
    for name in (b"references", b"in-reply-to") if in_reply_to else (b"references",):
        for value in header.all(name):
            found.update(dict.fromkeys(message_ids(value)))
    own = message_id(header)
    if own is not None:
        found.pop(own, None)
    identifiers = list(found)
    if len(identifiers) > limits.REFERENCES:
        identifiers = identifiers[:1] + identifiers[1 - limits.REFERENCES :]
    return tuple(identifiers)


def base_subject(subject: str) -> str:
    """The subject without the marks of replies, forwards and lists, case kept: compare it by `fields.casemap`."""
    text = _SPACES.sub(" ", subject[: limits.SUBJECT]).strip(" ")
    start, end = 0, len(text)
    while True:
        end = _without_trailers(text, start, end)
        start = _without_leaders(text, start, end)
        if _is_forwarded(text, start, end):
            start, end = start + 5, end - 1
            continue
        return text[start:end]


def is_reply_or_forward(subject: str) -> bool:
    """Whether a mark of a reply or forward was taken off; that of a list is none (RFC 5256 §2.1, at its end)."""
    text = _SPACES.sub(" ", subject[: limits.SUBJECT]).strip(" ")
    start, end = 0, _without_trailers(text, 0, len(text))
    if end < len(text):
        return True
    while _LEADER.match(text, start, end) is None:
        blob = _BLOB.match(text, start, end)
        if blob is None or blob.end() >= end:
            return _is_forwarded(text, start, end)
        start = blob.end()
    return True


def _is_forwarded(text: str, start: int, end: int) -> bool:
    return end - start >= 6 and text[end - 1] == "]" and _FORWARD_HEADER.match(text, start, end) is not None


def _without_trailers(text: str, start: int, end: int) -> int:
    while True:
        while end > start and text[end - 1] == " ":
            end -= 1
        if end - start >= 5 and _TRAILER.match(text, end - 5, end):
            end -= 5
        else:
            return end


def _without_leaders(text: str, start: int, end: int) -> int:
    while True:
        while start < end and text[start] == " ":
            start += 1
        leader = _LEADER.match(text, start, end)
        if leader is None:
            leader = _BLOB.match(text, start, end)
            if leader is None or leader.end() >= end:
                return start
        start = leader.end()
