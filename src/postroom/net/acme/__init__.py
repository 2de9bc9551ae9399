"""ACME (RFC 8555): ordering certificates from an authority. What is ordered when is decided in admin.security.renewal; here is the other side's language.

The libraries `acme` and `josepy` are wanted only when something is ordered: postroom[acme].
"""
