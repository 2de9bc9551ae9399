"""How a worker process gets and gives back memory: the C library's allocator and Python's collector, set once before the work begins.

A password's hash takes 19 MiB and a large message some more, now and then. Left alone, the allocator learns from the first of them to keep such pieces for each
thread, and a worker holds hundreds of MiB that nobody uses.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc

_MMAP_THRESHOLD = (-3, 512 * 1024)  # octets: larger pieces come from the system and go back to it when freed
_TRIM_THRESHOLD = (-1, 4 * 1024 * 1024)  # octets free at the end of the heap before they go back
_ARENA_MAX = (-8, 2)  # heaps: the loop's, and one for the threads, which seldom allocate at the same moment
_COLLECT = (10_000, 20, 50)  # new objects between collections: sessions make few circles


def settle() -> None:
    """Before threads start. A C library without mallopt keeps its own ways."""
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        for parameter, value in (_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX):
            library.mallopt(parameter, value)
    gc.set_threshold(*_COLLECT)


def give_back() -> None:
    """What is free goes back to the system; some ten milliseconds of a large heap."""
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def freeze() -> None:
    """What is there now stays for good: collections need not look at it again, nor copy the pages that processes share."""
    gc.freeze()
