"""Productions that several commands share, each under its ABNF.

A parser takes a `Scanner`, moves it on and returns a value, or raises `BadSyntax`, which never leaves `wire.imap`:
the core turns it into a reply and a `Violation`. No parser recurses deeper than `limits.MAX_DEPTH`, and none looks at
a byte more often than a fixed number of times.
"""
