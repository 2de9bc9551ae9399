-- What is remembered of expunged messages is bounded: at most so many UIDs a mailbox (store/changing.py).
-- expunged_count: rows of this mailbox in expunged. history_from: the mod_seq up to which some have been forgotten.

ALTER TABLE mailbox ADD COLUMN expunged_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN history_from INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET expunged_count = (SELECT count(*) FROM expunged x
  WHERE x.account_id = mailbox.account_id AND x.mailbox_id = mailbox.mailbox_id);

-- The first message without $seen, which SELECT tells, found without reading those before it.
CREATE INDEX mailbox_email_unseen ON mailbox_email (account_id, mailbox_id, uid) WHERE bits & 1 = 0;
