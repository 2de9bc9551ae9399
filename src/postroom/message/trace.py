"""Trace fields that we put in front of a message, and what those of others tell about loops.

    Received: from HELO (rdns [address]) by host with protocol id ... for <...>; date       ; RFC 5321 §4.4
    Return-Path: <reverse-path> ; Delivered-To: recipient

What a peer said (HELO, names, paths) is cut and cleaned before it is written: no control character, no parenthesis, no
semicolon, so that it can neither start a field, close a comment nor end the field before its date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postroom.message import limits
from postroom.message.fields import dates
from postroom.message.headers import Header

_UNSAFE = re.compile(r"[^!-'*-:<-\[\]-~\u00a1-\U0010ffff]")
_UNSAFE_PATH = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORD = 255  # characters of a name that are written: a domain has no more (RFC 5321 §4.5.3.1.2)
_PATH = 900  # characters of a path that are written: keeps the line below 998 (RFC 5322 §2.1.1)


@dataclass(frozen=True, slots=True)
class Reception:
    """How a message came to us; `at` in POSIX seconds, `offset` in minutes east of UTC."""

    helo: str
    client_address: str
    """As text: 192.0.2.1 or 2001:db8::1."""
    by: str
    protocol: str
    """A keyword of RFC 3848: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, LMTP ..."""
    queue_id: str
    at: float
    offset: int = 0
    client_name: str | None = None
    """The verified reverse name, None when there is none."""
    tls: str | None = None
    """Version and cipher, as in "TLSv1.3 TLS_AES_256_GCM_SHA384"."""
    recipient: str | None = None
    """Only when there is one: a list would show blind copies (RFC 5321 §7.2)."""


def received(reception: Reception) -> bytes:
    """The Received field with its line end."""
    address = _word(reception.client_address)
    literal = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    lines = [
        f"Received: from {_word(reception.helo)} ({_word(reception.client_name or 'unknown')} {literal})",
        f"\tby {_word(reception.by)} with {_word(reception.protocol)} id {_word(reception.queue_id)}",
    ]
    if reception.tls:
        lines.append("\t(" + " ".join(_word(word) for word in reception.tls.split()[:8]) + ")")
    if reception.recipient:
        lines.append(f"\tfor <{_path(reception.recipient)}>")
    lines[-1] += ";"
    lines.append(f"\t{dates.mail_date(reception.at, reception.offset)}")
    return ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")


def return_path(reverse_path: str) -> bytes:
    """The Return-Path field with its line end; "" is the null path."""
    return f"Return-Path: <{_path(reverse_path)}>\r\n".encode("utf-8", "replace")


def delivered_to(recipient: str) -> bytes:
    """The Delivered-To field with its line end."""
    return f"Delivered-To: {_path(recipient)}\r\n".encode("utf-8", "replace")


def hops(header: Header) -> int:
    """How many servers have passed the message on."""
    return header.count(b"received")


def is_looping(header: Header, recipient: str | None = None) -> bool:
    """Whether the message has been through too many servers, or has been delivered to `recipient` before."""
    if hops(header) > limits.RECEIVED:
        return True
    if recipient is None:
        return False
    own = recipient.casefold()
    return any(value.decode("utf-8", "replace").casefold() == own for value in header.all(b"delivered-to"))


def _word(text: str) -> str:
    return _UNSAFE.sub("?", text[:_WORD]) or "?"


def _path(text: str) -> str:
    return _UNSAFE_PATH.sub("", text)[:_PATH].replace("<", "").replace(">", "")
