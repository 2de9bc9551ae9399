-- The zone that came with the time of arrival, in minutes east of UTC: IMAP gives back the date-time it was given, and searches days by it.
ALTER TABLE mailbox_email ADD COLUMN received_zone INTEGER NOT NULL DEFAULT 0;
