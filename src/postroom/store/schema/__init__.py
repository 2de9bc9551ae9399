"""Numbered migrations: `account/` for the file of each account, `server/` for the server's own. A number once released is never edited."""
