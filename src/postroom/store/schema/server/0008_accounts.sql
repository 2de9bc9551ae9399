-- What the console shows and changes of accounts: look-ups in any script, domain administrators, groups, app passwords, second factors.

-- folded forms for search and order; NULL in rows of an older version until they are first listed (directory/folded.py)
ALTER TABLE account ADD COLUMN address_key TEXT;
ALTER TABLE account ADD COLUMN name_key TEXT;
ALTER TABLE account ADD COLUMN last_login_at INTEGER;
CREATE INDEX account_search ON account (address_key, name_key, domain, account_id);
CREATE INDEX account_name ON account (name_key, account_id);
CREATE INDEX account_domain ON account (domain, address_key, name_key, account_id);
CREATE INDEX account_created ON account (created_at, account_id);
CREATE INDEX account_role ON account (role, account_id);
CREATE INDEX account_unfolded ON account (account_id) WHERE address_key IS NULL;

-- exactly one of account_id, target and group_id
ALTER TABLE address ADD COLUMN group_id INTEGER;
ALTER TABLE address ADD COLUMN target_key TEXT;
ALTER TABLE address ADD COLUMN domain TEXT;
CREATE INDEX address_target ON address (target_key);
CREATE INDEX address_domain ON address (domain, key);
CREATE INDEX address_alias ON address (key, target_key, domain) WHERE target IS NOT NULL;
CREATE INDEX address_unfolded ON address (key, seq) WHERE domain IS NULL;

CREATE TABLE domain_administrator (
  domain     TEXT    NOT NULL,
  account_id INTEGER NOT NULL,
  PRIMARY KEY (domain, account_id)
) WITHOUT ROWID;
CREATE INDEX domain_administrator_account ON domain_administrator (account_id);

-- usage limits: octets for an account that is given none, octets of one attachment; how addresses are made of names
ALTER TABLE domain ADD COLUMN account_quota INTEGER;
ALTER TABLE domain ADD COLUMN largest_attachment INTEGER;
ALTER TABLE domain ADD COLUMN address_format TEXT NOT NULL DEFAULT 'first.last';

CREATE TABLE mail_group (
  group_id    INTEGER PRIMARY KEY,
  address     TEXT    NOT NULL,
  address_key TEXT    NOT NULL UNIQUE,
  domain      TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  name_key    TEXT    NOT NULL,
  description TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
);
CREATE INDEX mail_group_domain ON mail_group (domain, address_key);
CREATE INDEX mail_group_name ON mail_group (name_key, group_id);
INSERT INTO counter VALUES ('group_id', 1);

CREATE TABLE group_member (
  group_id   INTEGER NOT NULL,
  member_key TEXT    NOT NULL,
  member     TEXT    NOT NULL,
  PRIMARY KEY (group_id, member_key)
) WITHOUT ROWID;
CREATE INDEX group_member_key ON group_member (member_key);

-- digest finds the one that a login may mean: the passwords are long and random, so that it gives nothing away
CREATE TABLE app_password (
  app_password_id  INTEGER PRIMARY KEY,
  account_id       INTEGER NOT NULL,
  name             TEXT    NOT NULL,
  protocols        TEXT    NOT NULL,
  created_at       INTEGER NOT NULL,
  last_used_at     INTEGER,
  digest           BLOB    NOT NULL,
  password_hash    TEXT    NOT NULL,
  scram_salt       BLOB    NOT NULL,
  scram_iterations INTEGER NOT NULL,
  scram_stored_key BLOB    NOT NULL,
  scram_server_key BLOB    NOT NULL
);
CREATE INDEX app_password_account ON app_password (account_id, digest);
INSERT INTO counter VALUES ('app_password_id', 1);

-- TOTP (RFC 6238): asked for from confirmed_at on; no code of last_counter or before is taken again
CREATE TABLE second_factor (
  account_id   INTEGER PRIMARY KEY,
  secret       BLOB    NOT NULL,
  confirmed_at INTEGER,
  last_counter INTEGER NOT NULL
);
CREATE TABLE recovery_code (
  account_id INTEGER NOT NULL,
  digest     BLOB    NOT NULL,
  PRIMARY KEY (account_id, digest)
) WITHOUT ROWID;
