-- Named values of mailboxes; mailbox_id 0 for those of the account as a whole (RFC 5464).
CREATE TABLE annotation (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  entry      TEXT    NOT NULL,
  value      BLOB    NOT NULL,
  mod_seq    INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, entry)
) WITHOUT ROWID;
