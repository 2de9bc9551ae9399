-- Mail for other servers: what a message asks of its way, who is at it, and what became of each attempt.
ALTER TABLE queue_message ADD COLUMN require_tls INTEGER NOT NULL DEFAULT 0;

-- Unix seconds before which nothing is sent (RFC 4865), 0 for at once
ALTER TABLE queue_recipient ADD COLUMN release_at INTEGER NOT NULL DEFAULT 0;
-- enhanced status code of the last reply
ALTER TABLE queue_recipient ADD COLUMN status TEXT NOT NULL DEFAULT '';
-- who tries it now, and until when nobody else may
ALTER TABLE queue_recipient ADD COLUMN lease_owner TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
-- Unix seconds of the delay warning, 0 for none yet
ALTER TABLE queue_recipient ADD COLUMN warned_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX queue_recipient_due;
CREATE INDEX queue_recipient_domain ON queue_recipient (domain, next_attempt_at);
CREATE INDEX queue_recipient_lease ON queue_recipient (lease_owner);

CREATE TABLE queue_attempt (
  attempt_id INTEGER PRIMARY KEY,
  queue_id   INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  progress   TEXT    NOT NULL,
  status     TEXT    NOT NULL,
  reply      TEXT    NOT NULL,
  host       TEXT    NOT NULL,
  tls        TEXT    NOT NULL
);
CREATE INDEX queue_attempt_recipient ON queue_attempt (queue_id, attempt_id);

-- numbers of the queue are never given twice: who still holds one must not find another message under it
INSERT INTO counter SELECT 'queue_id', coalesce(max(queue_id), 0) + 1 FROM queue_recipient;
INSERT INTO counter SELECT 'queue_message_id', coalesce(max(message_id), 0) + 1 FROM queue_message;
