"""Names and settings: what is accepted has one spelling that is read back the same; what is not is refused in its own words."""

from __future__ import annotations

from postroom.model.address import normal_domain, parse_address
from postroom.model.errors import Malformed
from postroom.model.mailbox import normal_name
from postroom.settings import document as settings_document
from postroom.settings.document import Settings
from postroom.wire.imap import utf7
from postroom.wire.imap.patterns import ListPattern
from postroom.wire.smtp.addresses import parse_path

_DEFAULTS = Settings()


def name(data: bytes) -> None:
    _octets(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    for normal in (normal_name, normal_domain, lambda text: str(parse_address(text))):
        try:
            spelling = normal(text)
        except Malformed as error:
            assert error.public
            continue
        assert normal(spelling) == spelling, "two spellings of one name"
    assert utf7.decode(utf7.encode(text)) == text or not text.isprintable()
    pattern = ListPattern(text[:2000], "/")
    pattern.matches("INBOX")
    pattern.matches(text[:2000])


def _octets(data: bytes) -> None:
    found = parse_path(b"<" + data)
    if found is not None:
        path, end = found
        again = b"<" + str(path).encode() + b">"
        assert parse_path(again) == (path, len(again)), "a path is not read back"
        assert end <= len(data) + 1
    try:
        assert utf7.encode(utf7.decode(data)) == data
    except utf7.NotModifiedUtf7:
        pass


def document(data: bytes) -> None:
    """A whole document, and `path value` as typed on a command line."""
    text = data.decode("utf-8", "replace")
    try:
        settings = settings_document.parse(text)
    except Malformed as error:
        assert error.public
    else:
        assert settings_document.parse(settings.model_dump_json()) == settings
    path, _, value = text.partition(" ")
    try:
        changed = settings_document.changed(_DEFAULTS, {path: settings_document.value_from_text(value)})
    except Malformed as error:
        assert error.public
    else:
        assert settings_document.parse(changed.model_dump_json()) == changed
        for _, old, new in settings_document.differences(_DEFAULTS, changed):
            settings_document.shown(old)
            settings_document.shown(new)
