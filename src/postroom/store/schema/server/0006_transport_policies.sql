-- MTA-STS policies as they were fetched (RFC 8461)
CREATE TABLE sts_policy (
  domain     TEXT    NOT NULL PRIMARY KEY,
  policy_id  TEXT    NOT NULL,
  body       BLOB    NOT NULL,
  fetched_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sts_policy_age ON sts_policy (fetched_at);

-- how connections to other domains were protected, by day (RFC 8460)
CREATE TABLE tls_outcome (
  day      INTEGER NOT NULL,
  domain   TEXT    NOT NULL,
  policy   TEXT    NOT NULL,
  host     TEXT    NOT NULL,
  failure  TEXT    NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (day, domain, policy, host, failure)
) WITHOUT ROWID;
