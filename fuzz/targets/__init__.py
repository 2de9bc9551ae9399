"""The table of targets. To add one: a function that takes octets and raises where something is wrong, and its seeds."""

from __future__ import annotations

import sys

from fuzz import seeds
from fuzz.hunt import Target

sys.path.insert(
    0, str(seeds.TESTS)
)  # the sessions that answer in fixed ways are those of the transcripts and properties

from fuzz.targets import authentication, certificates, documents, joined, mail, names, protocols, tables

TARGETS = {
    target.name: target
    for target in (
        Target("smtp", protocols.smtp, lambda: seeds.spoken("smtp")),
        Target("lmtp", protocols.lmtp, lambda: seeds.spoken("smtp")),
        Target("smtp-client", protocols.smtp_client, seeds.client_side),
        Target("imap", protocols.imap, lambda: seeds.spoken("imap")),
        Target("pop3", protocols.pop3, lambda: seeds.spoken("pop3")),
        Target("sasl", protocols.sasl, seeds.exchanges),
        Target("proxy", protocols.proxy, seeds.proxy_headers),
        Target("message", mail.message, seeds.messages),
        Target("fields", mail.fields, seeds.field_values),
        Target("charsets", mail.charset, lambda: (b"utf-8\nx", b"utf-7\n+AGE-", b"iso-2022-jp\n\x1b$B", b"gb18030\n\x81\x30", b"nonsense\n\xff")),
        Target("conversations", joined.conversations, lambda: joined.SEEDS),
        Target("compression", joined.compression, lambda: (b"a NOOP\r\n" * 20, b"", bytes(50_000), b"\x00\x00\xff\xff")),
        Target("names", names.name, seeds.names),
        Target("spf", authentication.spf, lambda: authentication.SPF),
        Target("signatures", authentication.signatures, lambda: authentication.SIGNATURES),
        Target("dmarc", authentication.dmarc, lambda: authentication.DMARC),
        Target("authentication-results", authentication.authentication_results, lambda: authentication.RESULTS),
        Target("policies", authentication.policies, lambda: authentication.POLICIES),
        Target("account-tables", tables.accounts, lambda: tables.SEEDS),
        Target("office-archives", documents.archive, documents.archives),
        Target("office-contents", documents.content, documents.contents),
        Target("settings", names.document, seeds.documents),
        Target("certificates", certificates.upload, certificates.seeds),
    )
}  # fmt: skip
