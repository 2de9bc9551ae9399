"""The event loop of a worker: uvloop where it can be had, else the standard library's with its TLS buffers made small.

uvloop needs a tenth of the memory for an idle TLS connection; in the standard library one private number makes the same difference (a test guards it).
"""

from __future__ import annotations

import asyncio
from asyncio import sslproto
from collections.abc import Coroutine

TLS_BUFFER = 16 * 1024  # octets: one TLS record; the default of 256 KiB is allocated for every connection


def run_loop(main: Coroutine[None, None, None]) -> None:
    """Run to the end on the best loop there is."""
    try:
        import uvloop
    except ImportError:
        sslproto.SSLProtocol.max_size = TLS_BUFFER
        asyncio.run(main)
    else:
        uvloop.run(main)
