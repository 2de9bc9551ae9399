"""A reader of IMAP values (lists, strings, literals, numbers, NIL), strict: what our rendering is checked with."""

import re

_ATOM = re.compile(rb"NIL|[0-9]+")
_QUOTED = re.compile(rb'"((?:[^"\\\x00\r\n\x80-\xff]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n")


def parse_value(raw: bytes) -> list:
    """The one list in `raw`; AssertionError when it is not exactly that."""
    stack: list[list] = [[]]
    at = 0
    while at < len(raw):
        byte = raw[at : at + 1]
        if byte == b"(":
            stack.append([])
            at += 1
        elif byte == b")":
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif byte == b" ":
            at += 1
        elif quoted := _QUOTED.match(raw, at):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted[1]))
            at = quoted.end()
        elif literal := _LITERAL.match(raw, at):
            end = literal.end() + int(literal[1])
            content = raw[literal.end() : end]
            assert len(content) == int(literal[1]) and b"\x00" not in content
            stack[-1].append(content)
            at = end
        else:
            atom = _ATOM.match(raw, at)
            assert atom, raw[at : at + 40]
            stack[-1].append(None if atom[0] == b"NIL" else int(atom[0]))
            at = atom.end()
    assert len(stack) == 1 and len(stack[0]) == 1
    assert isinstance(stack[0][0], list)
    return stack[0][0]
