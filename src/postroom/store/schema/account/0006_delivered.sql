-- Deliveries out of the queue that have been made here, by the name the queue gave them: a kill between a delivery and its mark in the queue does not
-- double the message. at: Unix seconds; old ones are forgotten.
CREATE TABLE delivered (
  account_id INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, name)
) WITHOUT ROWID;
CREATE INDEX delivered_at ON delivered (account_id, at);
