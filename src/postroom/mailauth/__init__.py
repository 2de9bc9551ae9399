"""Mail authentication: who a message comes from, as far as DNS and signatures say. Results, not replies.

Rules of this room:

- Nothing here refuses, delivers, logs or answers a client: it gives frozen results, and `mta` and `msa` decide. Times come from the caller.
- Asynchronous at the Resolver port alone (model.dns); signatures, hashes and records are plain functions, which a thread may run.
- Whatever the octets are, a result is given and nothing raises. Every count and length from outside has a bound in `limits`, with its reason.
- A message streams through `stream.MessageReader` once: its header is kept, its body hashed once per canonicalisation.
- Imports `message`, `model` and `cryptography`.

`arrival` runs all checks of a message that comes in: `spf`, `dkim`, `arc` and `dmarc`; `dkim.sign` and `arc.seal` sign what goes out; `findings` and `results` write what was found into the message; `srs`
and `transport` serve the sending side.
"""
