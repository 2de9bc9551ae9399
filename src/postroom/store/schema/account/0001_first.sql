-- The whole mail of one account. account_id leads every key, so that the same tables shard by account in one PostgreSQL schema.

CREATE TABLE account (
  account_id        INTEGER PRIMARY KEY,
  mod_seq           INTEGER NOT NULL,
  next_mailbox_id   INTEGER NOT NULL,
  next_email_id     INTEGER NOT NULL,
  next_uid_validity INTEGER NOT NULL,
  quota             INTEGER,
  size              INTEGER NOT NULL,
  message_count     INTEGER NOT NULL
);

CREATE TABLE mailbox (
  account_id       INTEGER NOT NULL,
  mailbox_id       INTEGER NOT NULL,
  name             TEXT    NOT NULL,
  role             TEXT,
  uid_validity     INTEGER NOT NULL,
  uid_next         INTEGER NOT NULL,
  first_recent_uid INTEGER NOT NULL,
  message_count    INTEGER NOT NULL,
  unseen_count     INTEGER NOT NULL,
  deleted_count    INTEGER NOT NULL,
  size             INTEGER NOT NULL,
  mod_seq          INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, name);

CREATE TABLE subscription (
  account_id INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  PRIMARY KEY (account_id, name)
) WITHOUT ROWID;

-- Immutable facts, computed once at append and stored ready to send.
CREATE TABLE email (
  email_id       INTEGER PRIMARY KEY,
  account_id     INTEGER NOT NULL,
  thread_id      INTEGER NOT NULL,
  blob_id        BLOB    NOT NULL,
  size           INTEGER NOT NULL,
  sent_at        INTEGER,
  source         TEXT    NOT NULL,
  has_attachment INTEGER NOT NULL,
  message_id     TEXT,
  base_subject   TEXT    NOT NULL,
  envelope       BLOB    NOT NULL,
  body_structure BLOB    NOT NULL,
  body           BLOB    NOT NULL,
  parts          BLOB    NOT NULL,
  header_cache   BLOB    NOT NULL,
  preview        TEXT    NOT NULL
);

-- data is NULL where the content is large: then path names a file below the account's folder.
CREATE TABLE content (
  email_id   INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  prefix     BLOB    NOT NULL,
  data       BLOB,
  path       TEXT
);

-- An email in a mailbox. size is that of prefix and content together: RFC822.SIZE.
CREATE TABLE mailbox_email (
  account_id  INTEGER NOT NULL,
  mailbox_id  INTEGER NOT NULL,
  uid         INTEGER NOT NULL,
  email_id    INTEGER NOT NULL,
  bits        INTEGER NOT NULL,
  others      TEXT,
  mod_seq     INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  saved_at    INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, uid)
) WITHOUT ROWID;
CREATE INDEX mailbox_email_mod_seq ON mailbox_email (account_id, mailbox_id, mod_seq);
CREATE INDEX mailbox_email_email ON mailbox_email (account_id, email_id);

CREATE TABLE expunged (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  mod_seq    INTEGER NOT NULL,
  uid        INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, mod_seq, uid)
) WITHOUT ROWID;

-- reference: 64 bits of a hash of a Message-ID, the email's own or one it refers to.
CREATE TABLE thread_reference (
  account_id INTEGER NOT NULL,
  reference  INTEGER NOT NULL,
  thread_id  INTEGER NOT NULL,
  PRIMARY KEY (account_id, reference)
) WITHOUT ROWID;
