-- Emails that left the account: what the full-text index has to forget. The index takes the rows away.
CREATE TABLE removed_email (
  account_id INTEGER NOT NULL,
  email_id   INTEGER NOT NULL,
  PRIMARY KEY (account_id, email_id)
) WITHOUT ROWID;
