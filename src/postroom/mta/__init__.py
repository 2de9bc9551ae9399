"""The mail transfer agent (RFC 5598 §4.3.2 MTA): reception and routing; it decides before a message is accepted, not after.

Rules of this room: every recipient is routed when it is named, so that nothing is accepted that would have to bounce; what was accepted is durable, in
mailboxes or in the queue, before the door hears of it; a refusal is a MailError whose meaning the door translates.
"""
