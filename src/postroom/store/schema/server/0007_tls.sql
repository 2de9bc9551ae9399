-- How accounts log in over TLS, so that a stricter profile can be judged before it is set; kept 30 days.
CREATE TABLE tls_login (
  account_id INTEGER NOT NULL,
  protocol   TEXT    NOT NULL,
  listener   TEXT    NOT NULL,
  version    TEXT    NOT NULL,
  cipher     TEXT    NOT NULL,
  client     TEXT    NOT NULL,
  logins     INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  PRIMARY KEY (account_id, protocol, listener, version, cipher, client)
) WITHOUT ROWID;
CREATE INDEX tls_login_age ON tls_login (last_at);

-- Our accounts at certificate authorities (ACME, RFC 8555), by the address of the directory; the key is PEM.
CREATE TABLE acme_account (
  directory TEXT NOT NULL PRIMARY KEY,
  key       BLOB NOT NULL,
  uri       TEXT NOT NULL,
  email     TEXT NOT NULL
) WITHOUT ROWID;

-- What is ordered and renewed; names is a JSON list, times are Unix seconds. certificate is the name in the folder.
CREATE TABLE acme_order (
  certificate TEXT    NOT NULL PRIMARY KEY,
  names       TEXT    NOT NULL,
  challenge   TEXT    NOT NULL,
  directory   TEXT    NOT NULL,
  email       TEXT    NOT NULL,
  renew_at    INTEGER,
  next_try_at INTEGER NOT NULL,
  failures    INTEGER NOT NULL,
  fault       TEXT    NOT NULL
) WITHOUT ROWID;
