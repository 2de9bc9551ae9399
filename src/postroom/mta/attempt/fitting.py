"""Fitting: whether a message can be given to a host that offers what it offers, and with which parameters. Pure but for the first octets of a large file.

RFC 6531 §3.2 (SMTPUTF8), RFC 6152 §3 (8BITMIME), RFC 1870 §6.1 (SIZE), RFC 8689 §4.2 (REQUIRETLS).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from postroom.mailauth import names
from postroom.message import limits
from postroom.message.headers import header_end
from postroom.model.envelope import Envelope
from postroom.model.relaying.relay import Parcel, Progress, Report


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters of MAIL."""

    smtputf8: bool
    body_8bit: bool


def fit(parcel: Parcel, offers: Callable[[str], bool], size_limit: int | None) -> Fit | Report:
    """The Report is for all recipients: this host can't take it as it is."""
    envelope = parcel.envelope
    if size_limit is not None and parcel.size > size_limit:
        return Report(
            Progress.FAILED,
            "5.3.4",
            f"the next server takes {size_limit} octets at most, the message has {parcel.size}",
        )
    if envelope.require_tls and not offers("REQUIRETLS"):
        return Report(
            Progress.FAILED, "5.7.30", "the sender asked for REQUIRETLS, and the next server does not offer it"
        )
    needs_utf8 = _has_paths_beyond_ascii(envelope) or (envelope.smtputf8 and _has_header_beyond_ascii(parcel))
    if needs_utf8 and not offers("SMTPUTF8"):
        return Report(Progress.FAILED, "5.6.7", "the next server takes no addresses or headers beyond ASCII (SMTPUTF8)")
    if envelope.body_8bit and not offers("8BITMIME"):
        return Report(Progress.FAILED, "5.6.3", "the next server takes no 8-bit content (8BITMIME)")
    return Fit(needs_utf8, envelope.body_8bit)


def _has_paths_beyond_ascii(envelope: Envelope) -> bool:
    """Most domains have an ASCII form; local parts have none."""
    paths = [recipient.forward_path for recipient in envelope.recipients]
    if envelope.reverse_path is not None:
        paths.append(envelope.reverse_path)
    return any(
        not path.local_part.isascii() or (not path.domain.isascii() and names.normal(path.domain) is None)
        for path in paths
    )


def _has_header_beyond_ascii(parcel: Parcel) -> bool:
    start = parcel.content.data if parcel.content.data is not None else _start(parcel.content.path or "")
    return not parcel.prefix.isascii() or not start[: header_end(start)].isascii()


def _start(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(limits.HEADER_BLOCK)
