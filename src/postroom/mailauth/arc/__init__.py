"""ARC: `verify` says whether the chain of hosts that handled a message before holds, `seal` adds us to it.

`chain` sorts the fields into sets. RFC 8617. A chain proves only who saw what: which sealers are believed is the receiver's decision.
"""
