"""The queue at work: who is tried when, over which connections, and what follows from each attempt.

Rules of this room: a recipient is tried by the worker that has its lease; each next hop is a lane of its own, so that a dead host keeps nobody else waiting; what
was tried is written down, with its reports to the sender in the same transaction, before the next thing is done.
"""
