"""Backup: a whole server in one archive while it runs, and a folder made from such an archive."""
