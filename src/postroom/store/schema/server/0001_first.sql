-- The server's own rows: who people are, settings, the queue, the audit log.

CREATE TABLE domain (
  domain_id  INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL UNIQUE,
  is_primary INTEGER NOT NULL,
  catch_all  TEXT
);

CREATE TABLE account (
  account_id         INTEGER PRIMARY KEY,
  local_part         TEXT    NOT NULL,
  domain             TEXT    NOT NULL,
  display_name       TEXT    NOT NULL,
  role               TEXT    NOT NULL,
  is_disabled        INTEGER NOT NULL,
  quota              INTEGER,
  created_at         INTEGER NOT NULL,
  password_hash      TEXT    NOT NULL,
  scram_salt         BLOB    NOT NULL,
  scram_iterations   INTEGER NOT NULL,
  scram_stored_key   BLOB    NOT NULL,
  scram_server_key   BLOB    NOT NULL,
  credential_version INTEGER NOT NULL
);

-- Every address that leads somewhere here: key is folded. Exactly one of account_id and target.
CREATE TABLE address (
  key        TEXT    NOT NULL,
  seq        INTEGER NOT NULL,
  address    TEXT    NOT NULL,
  account_id INTEGER,
  target     TEXT,
  PRIMARY KEY (key, seq)
) WITHOUT ROWID;
CREATE INDEX address_account ON address (account_id);

CREATE TABLE settings_version (
  version    INTEGER PRIMARY KEY,
  changed_at INTEGER NOT NULL,
  changed_by TEXT    NOT NULL,
  summary    TEXT    NOT NULL,
  document   TEXT    NOT NULL
);

CREATE TABLE queue_message (
  message_id   INTEGER PRIMARY KEY,
  reverse_path TEXT,
  envelope_id  TEXT,
  ret          TEXT,
  body_8bit    INTEGER NOT NULL,
  smtputf8     INTEGER NOT NULL,
  size         INTEGER NOT NULL,
  blob_id      BLOB    NOT NULL,
  prefix       BLOB    NOT NULL,
  data         BLOB,
  path         TEXT,
  queued_at    INTEGER NOT NULL
);

CREATE TABLE queue_recipient (
  queue_id           INTEGER PRIMARY KEY,
  message_id         INTEGER NOT NULL,
  forward_path       TEXT    NOT NULL,
  domain             TEXT    NOT NULL,
  notify             TEXT,
  original_recipient TEXT,
  next_attempt_at    INTEGER NOT NULL,
  attempts           INTEGER NOT NULL,
  last_reply         TEXT    NOT NULL,
  is_held            INTEGER NOT NULL
);
CREATE INDEX queue_recipient_due ON queue_recipient (next_attempt_at);
CREATE INDEX queue_recipient_message ON queue_recipient (message_id);

CREATE TABLE audit (
  audit_id INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  who      TEXT    NOT NULL,
  what     TEXT    NOT NULL,
  subject  TEXT    NOT NULL
);

CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
