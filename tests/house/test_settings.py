"""Every setting has a default, a name for its page and a help text; the defaults are those the specification states."""

from __future__ import annotations

from postroom.settings import document
from postroom.settings.document import Settings


def test_every_setting_explains_itself() -> None:
    for path, _, title, text in document.paths(Settings()):
        assert title and title[0].isupper(), path
        assert len(text) > 10, path


def test_defaults_are_the_specified_ones() -> None:
    settings = Settings()
    ports = {name: door.port for name, door in settings.listeners().items()}
    assert ports == {
        "mx": 25,
        "submissions": 465,
        "submission": 587,
        "pop3": 110,
        "pop3s": 995,
        "imap": 143,
        "imaps": 993,
        "lmtp": 24,
    }
    assert [name for name, door in settings.listeners().items() if not door.enabled] == ["lmtp"]
    assert settings.imap_pop3.prohibit_plaintext is True
    assert settings.imap_pop3.secure_networks == ()
    assert settings.imap_pop3.max_connections == 20
    assert settings.smtp.max_message_size == 50 * 1024 * 1024
    assert settings.smtp.max_recipients == 100
    assert settings.smtp.sender_must_belong is True
    assert settings.smtp.relay_networks == ()
    assert settings.security.tls_profile == "intermediate"
    checks = settings.checks
    assert (checks.reverse_dns, checks.spf, checks.spf_softfail, checks.dkim) == ("record",) * 4
    assert (checks.dmarc, checks.author, checks.dnsbl, checks.dnsbl_zones) == ("follow", "junk", "reject", ())
    assert checks.greylisting is False
    outages = [value for name, value in checks.model_dump().items() if name.endswith("_outage")]
    assert outages == ["accept"] * 6
