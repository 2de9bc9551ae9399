-- Keys that sign mail (DKIM, ARC), and how much an account or a domain may send.

-- Each domain has pairs of keys: next until they are published, active, retired. The private key of a retired one is gone.
CREATE TABLE domain_key (
  domain      TEXT    NOT NULL,
  selector    TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  record      TEXT    NOT NULL,
  private_key BLOB,
  state       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  active_at   INTEGER,
  retired_at  INTEGER,
  PRIMARY KEY (domain, selector)
) WITHOUT ROWID;

-- recipients elsewhere in 24 hours: NULL for what the settings say (an account), for no limit (a domain)
ALTER TABLE account ADD COLUMN sending_limit INTEGER;
ALTER TABLE domain ADD COLUMN sending_limit INTEGER;

-- subject: the number of an account, or @ and the name of a domain; hour: Unix seconds / 3600
CREATE TABLE sending_count (
  subject TEXT    NOT NULL,
  hour    INTEGER NOT NULL,
  sent    INTEGER NOT NULL,
  PRIMARY KEY (subject, hour)
) WITHOUT ROWID;
