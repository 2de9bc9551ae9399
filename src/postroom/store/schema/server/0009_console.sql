-- Who is logged in to the console, what may use its API, and from where something was changed.

-- token_hash: SHA-256 of what the browser holds; version: the account's credential_version at the login, so that a new password ends it.
CREATE TABLE web_session (
  token_hash BLOB    PRIMARY KEY,
  account_id INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  address    TEXT    NOT NULL,
  user_agent TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX web_session_account ON web_session (account_id);

-- scopes: words with spaces between; expires_at NULL: never.
CREATE TABLE api_token (
  token_id   INTEGER PRIMARY KEY,
  token_hash BLOB    NOT NULL UNIQUE,
  account_id INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  scopes     TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  used_at    INTEGER
);
CREATE INDEX api_token_account ON api_token (account_id);

ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_at ON audit (at);

-- Messages by hour (Unix seconds / 3600) and what became of them: the charts of the console.
CREATE TABLE mail_flow (
  hour  INTEGER NOT NULL,
  name  TEXT    NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (hour, name)
) WITHOUT ROWID;

-- The custom logo; one row or none.
CREATE TABLE logo (
  logo_id    INTEGER PRIMARY KEY CHECK (logo_id = 1),
  version    TEXT    NOT NULL,
  png        BLOB    NOT NULL,
  png_2x     BLOB    NOT NULL,
  width      INTEGER NOT NULL,
  height     INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
);
