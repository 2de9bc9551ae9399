"""Postroom: a complete mail server in one Python program.

The rooms and who may import whom: ARCHITECTURE.md.
"""

__version__ = "0.1.0"
