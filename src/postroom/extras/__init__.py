"""Extras: what the pages offer beyond mail.

Rules of this room: as for every service: ports in, no adapter named; what comes from outside is bounded before it is unpacked.
"""
