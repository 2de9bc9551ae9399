"""What must be true of an account's rows and of the server's, as queries that find what is not: every row they return is a fault.

Each query gives the columns of its `told` text. Those marked repairable can be put right from the rows themselves, losing nothing that a mail program can see.
`consistency.py` runs them in one snapshot and adds what SQL can't see: files, names, digests.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` returns what breaks it; `told` is a format for a row."""

    what: str
    told: str
    sql: str
    repairable: bool = False


COUNTERS = "counters of a mailbox are wrong"
ACCOUNT_COUNTERS = "counters of the account are wrong"
UID_NEXT = "a UID is not below uid_next"
MOD_SEQ = "a mod_seq is above the one that covers it"
HISTORY = "the count of remembered expunged messages is wrong"
ORPHAN_EMAIL = "an email is in no mailbox"
ORPHAN_CONTENT = "a content belongs to no email"
ORPHAN_EXPUNGED = "expunged UIDs of a mailbox that is gone"
ORPHAN_ANNOTATION = "an annotation of a mailbox that is gone"
ORPHAN_KEYWORD = "a keyword of a mailbox that is gone"
ORPHAN_MESSAGE = "a queued message has no recipient left"

_COUNTED = (
    "SELECT b.account_id, b.mailbox_id, b.name, b.message_count, b.unseen_count, b.deleted_count, b.size,"
    " count(m.uid) AS messages, count(m.uid) FILTER (WHERE m.bits & 1 = 0) AS unseen,"
    " count(m.uid) FILTER (WHERE m.bits & 8 <> 0) AS deleted, coalesce(sum(m.size), 0) AS octets"
    " FROM mailbox b LEFT JOIN mailbox_email m ON m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id"
    " GROUP BY b.account_id, b.mailbox_id, b.name, b.message_count, b.unseen_count, b.deleted_count, b.size"
)

ACCOUNT: tuple[Invariant, ...] = (
    Invariant(
        COUNTERS,
        "{}: messages {} (counted {}), unseen {} ({}), deleted {} ({}), octets {} ({})",
        "SELECT name, message_count, messages, unseen_count, unseen, deleted_count, deleted, size, octets"
        f" FROM ({_COUNTED}) AS counted WHERE message_count <> messages OR unseen_count <> unseen"
        " OR deleted_count <> deleted OR size <> octets",
        True,
    ),
    Invariant(
        ACCOUNT_COUNTERS,
        "messages {} (counted {}), octets {} ({})",
        "SELECT a.message_count, count(m.uid), a.size, coalesce(sum(m.size), 0) FROM account a"
        " LEFT JOIN mailbox_email m ON m.account_id = a.account_id GROUP BY a.account_id, a.message_count, a.size"
        " HAVING a.message_count <> count(m.uid) OR a.size <> coalesce(sum(m.size), 0)",
        True,
    ),
    Invariant(
        UID_NEXT,
        "{}: UID {}, uid_next {}",
        "SELECT b.name, m.uid, b.uid_next FROM mailbox_email m JOIN mailbox b ON b.account_id = m.account_id"
        " AND b.mailbox_id = m.mailbox_id WHERE m.uid >= b.uid_next",
        True,
    ),
    Invariant(
        UID_NEXT,
        "{}: expunged UID {}, uid_next {}",
        "SELECT b.name, x.uid, b.uid_next FROM expunged x JOIN mailbox b ON b.account_id = x.account_id"
        " AND b.mailbox_id = x.mailbox_id WHERE x.uid >= b.uid_next",
        True,
    ),
    Invariant(
        MOD_SEQ,
        "{}: UID {} has {}, the mailbox {}",
        "SELECT b.name, m.uid, m.mod_seq, b.mod_seq FROM mailbox_email m JOIN mailbox b ON b.account_id = m.account_id"
        " AND b.mailbox_id = m.mailbox_id WHERE m.mod_seq > b.mod_seq",
        True,
    ),
    Invariant(
        MOD_SEQ,
        "{}: expunged UID {} has {}, the mailbox {}",
        "SELECT b.name, x.uid, x.mod_seq, b.mod_seq FROM expunged x JOIN mailbox b ON b.account_id = x.account_id"
        " AND b.mailbox_id = x.mailbox_id WHERE x.mod_seq > b.mod_seq",
        True,
    ),
    Invariant(
        MOD_SEQ,
        "{} has {}, the account {}",
        "SELECT b.name, b.mod_seq, a.mod_seq FROM mailbox b JOIN account a ON a.account_id = b.account_id"
        " WHERE b.mod_seq > a.mod_seq",
        True,
    ),
    Invariant(
        HISTORY,
        "{}: {} expunged UIDs, {} counted",
        "SELECT b.name, b.expunged_count, count(x.uid) FROM mailbox b LEFT JOIN expunged x"
        " ON x.account_id = b.account_id AND x.mailbox_id = b.mailbox_id"
        " GROUP BY b.account_id, b.mailbox_id, b.name, b.expunged_count HAVING b.expunged_count <> count(x.uid)",
        True,
    ),
    Invariant(
        ORPHAN_EMAIL,
        "email {}",
        "SELECT e.email_id FROM email e WHERE NOT EXISTS (SELECT 1 FROM mailbox_email m"
        " WHERE m.account_id = e.account_id AND m.email_id = e.email_id)",
        True,
    ),
    Invariant(
        ORPHAN_CONTENT,
        "content {}",
        "SELECT c.email_id FROM content c WHERE NOT EXISTS (SELECT 1 FROM email e WHERE e.email_id = c.email_id)"
        " AND NOT EXISTS (SELECT 1 FROM mailbox_email m WHERE m.account_id = c.account_id AND m.email_id = c.email_id)",
        True,
    ),
    Invariant(
        ORPHAN_EXPUNGED,
        "mailbox {}: {} UIDs",
        "SELECT x.mailbox_id, count(*) FROM expunged x WHERE NOT EXISTS (SELECT 1 FROM mailbox b"
        " WHERE b.account_id = x.account_id AND b.mailbox_id = x.mailbox_id) GROUP BY x.mailbox_id",
        True,
    ),
    Invariant(
        ORPHAN_ANNOTATION,
        "mailbox {}: {}",
        "SELECT n.mailbox_id, n.entry FROM annotation n WHERE n.mailbox_id <> 0 AND NOT EXISTS (SELECT 1 FROM mailbox b"
        " WHERE b.account_id = n.account_id AND b.mailbox_id = n.mailbox_id)",
        True,
    ),
    Invariant(
        ORPHAN_KEYWORD,
        "mailbox {}: {}",
        "SELECT k.mailbox_id, k.name FROM keyword k WHERE NOT EXISTS (SELECT 1 FROM mailbox b"
        " WHERE b.account_id = k.account_id AND b.mailbox_id = k.mailbox_id)",
        True,
    ),
    Invariant(
        MOD_SEQ,
        "annotation {} of mailbox {} has {}, the account {}",
        "SELECT n.entry, n.mailbox_id, n.mod_seq, a.mod_seq FROM annotation n JOIN account a"
        " ON a.account_id = n.account_id WHERE n.mod_seq > a.mod_seq",
        True,
    ),
    Invariant(
        "a message has no email",
        "mailbox {} UID {}: email {}",
        "SELECT m.mailbox_id, m.uid, m.email_id FROM mailbox_email m WHERE NOT EXISTS"
        " (SELECT 1 FROM email e WHERE e.account_id = m.account_id AND e.email_id = m.email_id)",
    ),
    Invariant(
        "a message has no mailbox",
        "mailbox {} UID {}",
        "SELECT m.mailbox_id, m.uid FROM mailbox_email m WHERE NOT EXISTS"
        " (SELECT 1 FROM mailbox b WHERE b.account_id = m.account_id AND b.mailbox_id = m.mailbox_id)",
        True,
    ),
    Invariant(
        "a message has no content",
        "mailbox {} UID {}: email {}",
        "SELECT m.mailbox_id, m.uid, m.email_id FROM mailbox_email m WHERE NOT EXISTS"
        " (SELECT 1 FROM content c WHERE c.account_id = m.account_id AND c.email_id = m.email_id)",
    ),
    Invariant(
        "an expunged UID is there",
        "mailbox {} UID {}",
        "SELECT x.mailbox_id, x.uid FROM expunged x JOIN mailbox_email m ON m.account_id = x.account_id"
        " AND m.mailbox_id = x.mailbox_id AND m.uid = x.uid",
        True,
    ),
    Invariant(
        "a UID was expunged twice",
        "mailbox {} UID {}",
        "SELECT mailbox_id, uid FROM expunged GROUP BY account_id, mailbox_id, uid HAVING count(*) > 1",
        True,
    ),
    Invariant(
        "a content is neither in its row nor in a file, or in both",
        "email {}",
        "SELECT email_id FROM content WHERE (data IS NULL) = (path IS NULL)",
    ),
    Invariant(
        "a content has not the size of its email",
        "email {}: {} octets, {} expected",
        "SELECT c.email_id, length(c.data), e.size FROM content c JOIN email e ON e.email_id = c.email_id"
        " WHERE c.data IS NOT NULL AND length(c.data) <> e.size",
    ),
    Invariant(
        "a message has not the size of its prefix and content",
        "mailbox {} UID {}: {} octets, {} expected",
        "SELECT m.mailbox_id, m.uid, m.size, e.size + length(c.prefix) FROM mailbox_email m"
        " JOIN email e ON e.account_id = m.account_id AND e.email_id = m.email_id"
        " JOIN content c ON c.account_id = m.account_id AND c.email_id = m.email_id"
        " WHERE m.size <> e.size + length(c.prefix)",
    ),
    Invariant(
        "a UIDVALIDITY is given twice",
        "{} mailboxes have {}",
        "SELECT count(*), uid_validity FROM mailbox GROUP BY account_id, uid_validity HAVING count(*) > 1",
    ),
    Invariant(
        "a number that was given out would be given again",
        "mailbox_id {} of {}, email_id {} of {}, UIDVALIDITY {} of {}",
        "SELECT * FROM (SELECT (SELECT coalesce(max(mailbox_id), 0) FROM mailbox) AS mailbox_id, next_mailbox_id,"
        " (SELECT coalesce(max(email_id), 0) FROM email) AS email_id, next_email_id,"
        " (SELECT coalesce(max(uid_validity), 0) FROM mailbox) AS uid_validity, next_uid_validity FROM account) AS given"
        " WHERE mailbox_id >= next_mailbox_id OR email_id >= next_email_id OR uid_validity >= next_uid_validity",
        True,
    ),
    Invariant(
        "\\Recent begins above uid_next",
        "{}: {}, uid_next {}",
        "SELECT name, first_recent_uid, uid_next FROM mailbox WHERE first_recent_uid > uid_next",
        True,
    ),
    Invariant(
        "a thread has a number that no email ever had",
        "email {}: thread {}",
        "SELECT e.email_id, e.thread_id FROM email e JOIN account a ON a.account_id = e.account_id"
        " WHERE e.thread_id < 1 OR e.thread_id >= a.next_email_id",
    ),
    Invariant(
        "a reference leads to a thread that never was",
        "reference {}: thread {}",
        "SELECT r.reference, r.thread_id FROM thread_reference r JOIN account a ON a.account_id = r.account_id"
        " WHERE r.thread_id < 1 OR r.thread_id >= a.next_email_id",
        True,
    ),
    Invariant(
        "a number is out of its range",
        "{}: UIDVALIDITY {}, uid_next {}, \\Recent from {}, mod_seq {}",
        "SELECT name, uid_validity, uid_next, first_recent_uid, mod_seq FROM mailbox WHERE uid_validity NOT BETWEEN 1 AND"
        " 4294967295 OR uid_next NOT BETWEEN 1 AND 4294967296 OR first_recent_uid < 1 OR mod_seq < 1",
    ),
    Invariant(
        "a UID or a mod_seq is out of its range",
        "mailbox {} UID {}: mod_seq {}",
        "SELECT mailbox_id, uid, mod_seq FROM mailbox_email WHERE uid < 1 OR mod_seq < 1",
    ),
    Invariant(
        "a large content is named by two emails",
        "{}: {} emails",
        "SELECT path, count(*) FROM content WHERE path IS NOT NULL GROUP BY path HAVING count(*) > 1",
    ),
    Invariant(
        "a large content is named outside its folder",
        "email {}: {}",
        "SELECT email_id, path FROM content WHERE path NOT LIKE 'content/__/%' OR path LIKE '%..%'",
    ),
    Invariant(
        "a row is another account's",
        "{}",
        "SELECT DISTINCT what FROM (SELECT 'mailbox' AS what, account_id FROM mailbox UNION ALL SELECT 'email', account_id"
        " FROM email UNION ALL SELECT 'content', account_id FROM content UNION ALL SELECT 'mailbox_email', account_id FROM"
        " mailbox_email UNION ALL SELECT 'expunged', account_id FROM expunged UNION ALL SELECT 'subscription', account_id"
        " FROM subscription UNION ALL SELECT 'keyword', account_id FROM keyword) AS rows_of WHERE account_id NOT IN (SELECT account_id FROM account)",
    ),
)

SERVER: tuple[Invariant, ...] = (
    Invariant(
        "an address leads to no account",
        "{}: account {}",
        "SELECT d.address, d.account_id FROM address d WHERE d.account_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM account a WHERE a.account_id = d.account_id)",
    ),
    Invariant(
        "an account's number would be given again",
        "{} of {}",
        "SELECT a.account_id, c.next_value FROM account a JOIN counter c ON c.name = 'account_id'"
        " WHERE a.account_id >= c.next_value",
    ),
    Invariant(
        "an address is not one of an account's, an alias and a group's",
        "{}",
        "SELECT address FROM address WHERE CASE WHEN account_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN target IS NULL THEN 0 ELSE 1 END + CASE WHEN group_id IS NULL THEN 0 ELSE 1 END <> 1",
    ),
    Invariant(
        "a group has not one address of its own",
        "group {}: {}",
        "SELECT g.group_id, count(d.key) FROM mail_group g LEFT JOIN address d ON d.key = g.address_key"
        " AND d.group_id = g.group_id GROUP BY g.group_id HAVING count(d.key) <> 1",
    ),
    Invariant(
        "an address leads to no group",
        "{}: group {}",
        "SELECT d.address, d.group_id FROM address d WHERE d.group_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM mail_group g WHERE g.group_id = d.group_id)",
    ),
    Invariant(
        "a member is in no group",
        "group {}: {}",
        "SELECT m.group_id, m.member FROM group_member m WHERE NOT EXISTS (SELECT 1 FROM mail_group g WHERE g.group_id = m.group_id)",
    ),
    Invariant(
        "something of an account is left that is gone",
        "{} of account {}",
        "SELECT part, account_id FROM (SELECT 'a domain to administer' AS part, account_id FROM domain_administrator"
        " UNION ALL SELECT 'an app password', account_id FROM app_password"
        " UNION ALL SELECT 'a second factor', account_id FROM second_factor"
        " UNION ALL SELECT 'a recovery code', account_id FROM recovery_code) AS parts"
        " WHERE account_id NOT IN (SELECT account_id FROM account)",
    ),
    Invariant(
        "an account has not one address of its own",
        "account {}: {}",
        "SELECT a.account_id, count(d.key) FROM account a LEFT JOIN address d ON d.account_id = a.account_id"
        " GROUP BY a.account_id HAVING count(d.key) <> 1",
    ),
    Invariant(
        "an account's domain is not kept here",
        "{}@{}",
        "SELECT a.local_part, a.domain FROM account a WHERE NOT EXISTS (SELECT 1 FROM domain d WHERE d.name = a.domain)",
    ),
    Invariant(
        "there is not one primary domain",
        "{} of {}",
        "SELECT * FROM (SELECT coalesce(sum(is_primary), 0) AS primaries, count(*) AS domains FROM domain) AS counted"
        " WHERE domains > 0 AND primaries <> 1",
    ),
    Invariant(
        "a queued recipient has no message",
        "queue {}: {}",
        "SELECT r.queue_id, r.forward_path FROM queue_recipient r WHERE NOT EXISTS"
        " (SELECT 1 FROM queue_message m WHERE m.message_id = r.message_id)",
    ),
    Invariant(
        ORPHAN_MESSAGE,
        "message {}",
        "SELECT m.message_id FROM queue_message m WHERE NOT EXISTS"
        " (SELECT 1 FROM queue_recipient r WHERE r.message_id = m.message_id)",
        True,
    ),
    Invariant(
        "a queued content is neither in its row nor in a file, or in both",
        "message {}",
        "SELECT message_id FROM queue_message WHERE (data IS NULL) = (path IS NULL)",
    ),
    Invariant(
        "a queued message has not the size of its prefix and content",
        "message {}: {} octets, {} expected",
        "SELECT message_id, size, length(prefix) + length(data) FROM queue_message"
        " WHERE data IS NOT NULL AND size <> length(prefix) + length(data)",
    ),
    Invariant(
        "a queued recipient is kept under another domain",
        "queue {}: {}",
        "SELECT queue_id, forward_path FROM queue_recipient WHERE forward_path NOT LIKE '%@' || domain OR attempts < 0",
    ),
    Invariant(
        "a queued content is named outside its folder, or twice",
        "{}: {} messages",
        "SELECT path, count(*) FROM queue_message WHERE path IS NOT NULL GROUP BY path HAVING count(*) > 1"
        " OR path NOT LIKE 'content/__/%' OR path LIKE '%..%'",
    ),
    Invariant(
        "a version of the settings is missing",
        "{} versions, the newest is {}",
        "SELECT * FROM (SELECT count(*) AS versions, coalesce(max(version), 0) AS newest FROM settings_version) AS kept"
        " WHERE versions <> newest",
    ),
)
