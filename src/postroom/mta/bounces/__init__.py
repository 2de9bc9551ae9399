"""Reports to senders: delivery status notifications (RFC 3461, RFC 3464).

Rules of this room: no report about a report, none to the null reverse-path, none that the sender did not want; a report is a message of the queue like any
other, written in the transaction that ends what it reports.
"""
