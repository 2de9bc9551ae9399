"""Telling others what changed: the hub within a worker, datagrams between the workers of a machine. A lost notice costs time, never truth: whoever watches
reads the store by mod_seq.
"""
