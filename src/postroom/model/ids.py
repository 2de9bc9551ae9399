"""The kinds of number and name that identify things; a type each, so that one is never passed for another."""

from __future__ import annotations

from typing import NewType

AccountId = NewType("AccountId", int)
DomainId = NewType("DomainId", int)
GroupId = NewType("GroupId", int)
AppPasswordId = NewType("AppPasswordId", int)
MailboxId = NewType("MailboxId", int)
EmailId = NewType("EmailId", int)
ThreadId = NewType("ThreadId", int)
QueueId = NewType("QueueId", int)
"""One recipient in the queue."""
MessageId = NewType("MessageId", int)
"""One message in the queue."""

Uid = NewType("Uid", int)
"""RFC 9051 §2.3.1.1: 1 … 2^32-1, ascending in a mailbox, never used twice."""
ModSeq = NewType("ModSeq", int)
"""One counter per account: IMAP MODSEQ, JMAP state, the index's bookmark; never goes back."""
BlobId = NewType("BlobId", bytes)
"""SHA-256 of the content as received, without the trace prefix: proof that nothing was altered."""
SessionId = NewType("SessionId", str)
"""Names one connection in logs, in `postroom status` and in Received fields."""
