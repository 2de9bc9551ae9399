"""The message store in memory: for tests of what stands on model.ports.MailStore, and as the plain statement of what the port means.

Rules of this room: dicts and lists, each method as the port describes it and nothing cleverer; checks first, then changes, so that a refusal leaves no trace. It
keeps the contract of tests/store word for word, together with the store on disk.
"""
