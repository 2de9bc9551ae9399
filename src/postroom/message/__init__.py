"""Mail knowledge: RFC 5322 and MIME, and neither the wire nor the model.

Rules of this room:

- Pure. A message is immutable `bytes`: the trace fields we put in front, then what was received. Nothing here reads a
  clock, a file or a socket; dates and identifiers come from the caller.
- Whatever the bytes are, an answer is given and nothing raises. Past a bound of `limits` the rest is an opaque leaf or
  is left out; it never makes a message unreadable.
- Every pass is linear: `bytes.find`, tables, and patterns that cannot go back over what they have read.
- Offsets are into the whole message, so that a stored tree answers any section by a slice.
- Field values stay `bytes` until somebody wants to read them; decoded text never contains control characters.

`summary.summarise` is the one call made per stored message; everything else serves it, or the doors.
"""
