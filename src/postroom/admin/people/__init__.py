"""Accounts, domains, groups and aliases; what a domain administrator may of them is decided here."""
