"""Languages: bytes from and to the wire as values, and nothing else.

Rules of this room:

- Pure. No await, socket, clock, random source, file or logger; a core never knows what time it is or who is calling.
- Pull-style. A session feeds bytes (`receive_data`), asks for the next event (`next_event`) and answers it (`reply`);
  the core says `Need.REPLY` until it is answered, because whether the bytes that follow are content or commands depends
  on our own last reply.
- A peer's mistake is an event, never an exception. A mistake of ours (a reply nobody asked for) raises `CoreMisuse`.
- Everything is bounded before it is buffered; a refused line is skipped, never kept.
- Wire text stays `bytes` until a grammar has read it.
"""
