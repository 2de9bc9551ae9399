-- Greylisting (RFC 6647): digests of who came, and when; `is_known` for a network that came again as it was told to.
CREATE TABLE greylist (
  digest   BLOB    PRIMARY KEY,
  is_known INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  seen_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX greylist_age ON greylist (is_known, seen_at);
