"""Who people are: accounts, addresses, passwords. `local` keeps them in the server's own database; LDAP and Active Directory come beside it.

Rules of this room: every answer to a failed login is the same in words and in time; a password is never logged, never kept in clear, and compared only here.
"""
