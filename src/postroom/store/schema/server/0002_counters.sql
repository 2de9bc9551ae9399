-- Numbers that are given once and never again, also when what had them is gone: an account's number names the folder of its mail.
CREATE TABLE counter (
  name       TEXT    NOT NULL PRIMARY KEY,
  next_value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO counter SELECT 'account_id', coalesce(max(account_id), 0) + 1 FROM account;
