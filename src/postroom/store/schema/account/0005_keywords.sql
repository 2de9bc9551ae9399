-- The keywords that a mailbox knows, those with a bit of their own left out: what FLAGS announces (RFC 9051 §7.3.5). One that was used once stays.
-- folded: without case; name: as first written; mod_seq: since when.
CREATE TABLE keyword (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  folded     TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  mod_seq    INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, folded)
) WITHOUT ROWID;

WITH RECURSIVE
  used (account_id, mailbox_id, rest) AS (
    SELECT DISTINCT account_id, mailbox_id, others || ' ' FROM mailbox_email WHERE others IS NOT NULL AND others <> ''),
  split (account_id, mailbox_id, word, rest) AS (
    SELECT account_id, mailbox_id, '', rest FROM used
    UNION SELECT account_id, mailbox_id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
      FROM split WHERE rest <> '')
INSERT INTO keyword SELECT account_id, mailbox_id, lower(word), min(word), 0 FROM split
  WHERE word <> '' GROUP BY account_id, mailbox_id, lower(word);
