"""Delivery status notifications: a multipart/report about what became of a message for some of its recipients.

    multipart/report; report-type=delivery-status                       ; RFC 3462 §1
      text/plain                      for people
      message/delivery-status         per-message-fields 1*( CRLF per-recipient-fields )      ; RFC 3464 §2.1
      message/rfc822 or text/rfc822-headers                             ; what is returned

Where an address or the returned header is not ASCII the second and third part are their `global` forms (RFC 6533 §4-§6). Each value is one line, cleaned and
cut: nothing that a server said can start a field.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from postroom.message import compose
from postroom.message.fields import dates, words
from postroom.message.headers import header_end, unfold

_VALUE = 900  # characters of one field's value: keeps the line below 998 (RFC 5322 §2.1.1)
_SHOWN = 300  # characters of a reply in the text for people
_8BIT = re.compile(rb"[\x80-\xff]")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")


class Action(enum.Enum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    """Given to a server that promised no report."""
    EXPANDED = "expanded"
    """Given to several recipients of their own."""


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """One group of per-recipient fields; times are Unix seconds."""

    final_recipient: str
    action: Action
    status: str
    """RFC 3463."""
    reply: str = ""
    """What the other server said, or why we could not."""
    remote: str = ""
    """Its name where it said so; empty where the reply is ours."""
    original_recipient: str | None = None
    """`type;address` as ORCPT gave it."""
    last_attempt_at: int | None = None
    will_retry_until: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """All of one report. `returned` is the original message or its start; only its header is returned unless `is_full`."""

    reporting_mta: str
    header_from: str
    to: str
    at: int
    message_id: str
    arrived_at: int
    recipients: Sequence[RecipientStatus]
    returned: bytes
    is_full: bool
    envelope_id: str | None = None
    smtputf8: bool = False
    """The original came by SMTPUTF8 (RFC 6531)."""

    @property
    def is_global(self) -> bool:
        """Whether the report is itself a message for SMTPUTF8 (RFC 6533 §4). What is 8-bit against the rules is returned as it is."""
        header = self.returned[: header_end(self.returned)]
        addresses = [self.to, *(one.final_recipient for one in self.recipients)]
        addresses += [one.original_recipient or "" for one in self.recipients]
        return not all(address.isascii() for address in addresses) or (self.smtputf8 and bool(_8BIT.search(header)))


_SUBJECTS = {
    Action.FAILED: "Not delivered",
    Action.DELAYED: "Delayed",
    Action.DELIVERED: "Delivered",
    Action.RELAYED: "Passed on",
    Action.EXPANDED: "Delivered to a list",
}
_OPENINGS = {
    Action.FAILED: "Your message could not be delivered to the following recipients. It will not be tried again.",
    Action.DELAYED: (
        "Your message has not been delivered to the following recipients yet. There is nothing you need to do:\n"
        "it will be tried again until {until}, and you will be told if it can't be delivered at all."
    ),
    Action.DELIVERED: "Your message was delivered to the mailboxes of the following recipients.",
    Action.RELAYED: (
        "Your message was passed on to the mail servers of the following recipients, which do not report\n"
        "what becomes of it further on."
    ),
    Action.EXPANDED: "Your message was delivered to the members of the following lists or groups.",
}


def build(notice: Notice) -> bytes:
    """The whole message, CRLF at every line end. All recipients have the same action but for successes, which may differ."""
    header = notice.returned[: header_end(notice.returned)]
    is_global = notice.is_global
    boundary = "=_" + re.sub(r"[^A-Za-z0-9]", "", notice.message_id)[:40]
    while boundary.encode() in notice.returned:
        boundary += "_"
    action = notice.recipients[0].action
    subject = f"{_SUBJECTS[action]}: {_subject(header)}"
    head = [
        f"From: {notice.header_from}",
        f"To: {words.clean(notice.to)}",
        f"Subject: {compose.encode_words(subject)}",
        f"Date: {dates.mail_date(notice.at)}",
        f"Message-ID: <{notice.message_id}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
        "",
        "This is a report about a message you sent, in parts for people and for mail programs.",
    ]
    dash = f"--{boundary}".encode()
    return b"\r\n".join(
        [
            "\r\n".join(head).encode("utf-8", "replace"),
            b"",
            dash,
            _text_part(notice),
            dash,
            _status_part(notice, is_global=is_global),
            dash,
            _returned_part(notice, header, is_global=is_global),
            dash + b"--",
            b"",
        ]
    )


def _subject(header: bytes) -> str:
    for start, end in compose.field_ranges(header, (b"subject",)):
        text = words.decode(unfold(header[start:end].partition(b":")[2])).strip()
        if text:
            return text[:150]
    return "(no subject)"


def _text_part(notice: Notice) -> bytes:
    text = people_text(notice)
    lines = [line.rstrip() for line in text.split("\n")]
    if text.isascii() and all(len(line) <= 900 for line in lines):
        head = b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        return head + "\r\n".join(lines).encode() + b"\r\n"
    return (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + compose.quoted_printable("\n".join(lines))
    )


def people_text(notice: Notice) -> str:
    """What a person reads."""
    host = words.clean(notice.reporting_mta)
    paragraphs = [f"This is the mail server {host}."]
    for action in dict.fromkeys(recipient.action for recipient in notice.recipients):
        group = [recipient for recipient in notice.recipients if recipient.action is action]
        until = group[0].will_retry_until
        when = dates.mail_date(until) if until is not None else "it is too old"
        paragraphs.append(_OPENINGS[action].format(until=when))
        for recipient in group:
            paragraphs.append("\n".join(_person_lines(recipient)))
    if any(recipient.action is Action.FAILED for recipient in notice.recipients):
        paragraphs.append(
            "Your message is attached." if notice.is_full else "The first lines of your message are attached."
        )
    return "\n\n".join(paragraphs) + "\n"


def _person_lines(recipient: RecipientStatus) -> list[str]:
    lines = [f"    {words.clean(recipient.final_recipient)}"]
    named = (recipient.original_recipient or "").partition(";")[2]
    if named and named.lower() != recipient.final_recipient.lower():
        lines.append(f"        (you wrote to {words.clean(named)})")
    if recipient.reply:
        says = f"{words.clean(recipient.remote)} says: " if recipient.remote else ""
        lines.append(f"        {says}{words.clean(recipient.reply)[:_SHOWN]}")
    return lines


def _status_part(notice: Notice, *, is_global: bool) -> bytes:
    kind = "message/global-delivery-status" if is_global else "message/delivery-status"
    lines = [f"Content-Type: {kind}"]
    if is_global:
        lines.append("Content-Transfer-Encoding: 8bit")
    lines += ["", f"Reporting-MTA: dns; {_value(notice.reporting_mta)}"]
    if notice.envelope_id is not None:
        lines.append(f"Original-Envelope-Id: {_xtext(notice.envelope_id)}")
    lines.append(f"Arrival-Date: {dates.mail_date(notice.arrived_at)}")
    for recipient in notice.recipients:
        lines.append("")
        if recipient.original_recipient is not None:
            kind, _, address = recipient.original_recipient.partition(";")
            written = address if is_global and kind.lower() == "utf-8" else _xtext(address)
            lines.append(f"Original-Recipient: {_value(kind)}; {_value(written)}")
        kind = "rfc822" if recipient.final_recipient.isascii() else "utf-8"
        lines.append(f"Final-Recipient: {kind}; {_value(recipient.final_recipient)}")
        lines.append(f"Action: {recipient.action.value}")
        lines.append(f"Status: {_value(recipient.status)}")
        if recipient.remote:
            lines.append(f"Remote-MTA: dns; {_value(recipient.remote.partition(' ')[0])}")
        if recipient.reply:
            source = "smtp" if recipient.remote else "x-postroom"
            lines.append(f"Diagnostic-Code: {source}; {_value(recipient.reply)}")
        if recipient.last_attempt_at is not None:
            lines.append(f"Last-Attempt-Date: {dates.mail_date(recipient.last_attempt_at)}")
        if recipient.will_retry_until is not None and recipient.action is Action.DELAYED:
            lines.append(f"Will-Retry-Until: {dates.mail_date(recipient.will_retry_until)}")
    text = "\r\n".join(lines) + "\r\n"
    return text.encode("utf-8", "replace") if is_global else text.encode("ascii", "replace")


def _returned_part(notice: Notice, header: bytes, *, is_global: bool) -> bytes:
    returned = notice.returned if notice.is_full else header.rstrip(b"\r\n") + b"\r\n"
    if notice.is_full:
        kind = "message/global" if is_global else "message/rfc822"
    else:
        kind = "message/global-headers" if is_global else "text/rfc822-headers"
    fields = f"Content-Type: {kind}\r\n"
    if _8BIT.search(returned):
        fields += "Content-Transfer-Encoding: 8bit\r\n"
    return fields.encode() + b"\r\n" + returned + (b"" if returned.endswith(b"\r\n") else b"\r\n")


def _value(text: str) -> str:
    return words.clean(text)[:_VALUE]


def _xtext(text: str) -> str:
    """RFC 3461 §4: what a field of ENVID and ORCPT is written in."""
    return _NOT_XTEXT.sub(
        lambda found: "".join(f"+{octet:02X}" for octet in found[0].encode("utf-8", "replace")), text
    )[:_VALUE]
