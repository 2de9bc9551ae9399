"""The door out: conversations with other servers (docs/decisions/0010-the-door-out.md). `wire.smtp.client` speaks, mta.attempt decides."""
