"""Commands of accounts and groups that have a file of their own."""
