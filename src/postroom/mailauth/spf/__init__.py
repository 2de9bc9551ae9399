"""SPF: `check.check_host` says whether a host may send for a domain; `record` reads policies, `macros` fills them in.

RFC 7208. The published test suite (tests/data/spf) is run whole.
"""
