"""The nouns of TLS: certificates, orders of them, logins that came over it."""
