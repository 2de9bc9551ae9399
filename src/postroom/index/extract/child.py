"""The process that reads attachments: `python -m postroom.index.extract.child`, with a socket as its standard input.

A request is the kind (an octet), the length (four) and the document; an answer is a status (t text, q nothing to be told, x why not), the length and UTF-8. It
needs no file and can write none, has no network where the kernel lets it give that up, and ends with its parent.
"""

from __future__ import annotations

import ctypes
import encodings.cp437
import encodings.idna  # noqa: F401
import os
import resource
import signal
import socket
import struct
import sys

from postroom.index.extract import office, pdf
from postroom.index.extract.kinds import DocumentKind
from postroom.index.extract.office import Sink, Unreadable

HEAD = struct.Struct("!cI")
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_DESCRIPTORS = 16
_NICE = 10


def main() -> int:
    """Until the parent has no more."""
    memory, seconds, most = (int(word) for word in sys.argv[1:4])
    channel = socket.socket(fileno=os.dup(0))
    _confine(memory)
    while True:
        head = _received(channel, HEAD.size)
        if head is None:
            return 0
        kind, length = HEAD.unpack(head)
        data = _received(channel, length)
        if data is None:
            return 0
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY)
        )
        status, answer = _answer(DocumentKind(kind), data, most)
        del data
        channel.sendall(HEAD.pack(status, len(answer)) + answer)


def _answer(kind: DocumentKind, data: bytes, most: int) -> tuple[bytes, bytes]:
    sink = Sink(most)
    try:
        if kind is DocumentKind.PDF:
            pdf.read(data, sink)
        else:
            office.read(kind, data, sink)
    except Unreadable as error:
        if not any(piece.strip() for piece in sink.pieces):
            return (b"q" if error.quiet else b"x"), str(error).encode("utf-8", "replace")
    except MemoryError:
        return b"x", b"needs too much memory"
    except RecursionError:
        return b"x", b"nested too deep"
    return b"t", "".join(sink.pieces).encode("utf-8", "replace")


def _received(channel: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        piece = channel.recv(min(count - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return bytes(data)


def _confine(memory: int) -> None:
    """No more than reading takes; what the kernel does not let us give up, is kept."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    os.nice(
        max(_NICE - os.nice(0), 0)
    )  # the indexer is that already: two tens would be nearly nothing on a busy machine
    for kind, bound in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    sys.exit(main())
