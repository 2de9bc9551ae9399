"""Commands of later standards that need no selected mailbox: COMPRESS, UNAUTHENTICATE, NOTIFY, quotas, annotations."""
