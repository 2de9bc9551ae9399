"""What lies on the disk besides databases: the folders of accounts, large contents, mail on its way in, the reserve."""
