"""Document: all settings together, validated whole; and how one setting is named, read and changed by its path (`imap_pop3.imaps.port`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field, ValidationError, model_validator

from postroom.model.errors import Fault, Malformed
from postroom.settings.certificates import CertificateSettings
from postroom.settings.checks import CheckSettings
from postroom.settings.console import ConsoleSettings
from postroom.settings.faults import malformed
from postroom.settings.imap_pop3 import ImapPop3Settings
from postroom.settings.network import NetworkSettings
from postroom.settings.page import Listener, Page
from postroom.settings.relay import RelaySettings
from postroom.settings.search import SearchSettings
from postroom.settings.security import CONSOLE, SecuritySettings
from postroom.settings.sending import SendingSettings
from postroom.settings.smtp import LimitSettings, SmtpSettings

LISTENERS = ("mx", "submissions", "submission", "lmtp", "pop3", "pop3s", "imap", "imaps")
TLS_LISTENERS = (*LISTENERS, CONSOLE)
"""All that have a TLS profile."""


class Settings(Page):
    """The whole; the default instance is what a fresh server runs with."""

    smtp: SmtpSettings = Field(default=SmtpSettings(), title="SMTP")
    relay: RelaySettings = Field(default=RelaySettings(), title="Outgoing mail")
    sending: SendingSettings = Field(default=SendingSettings(), title="Sending")
    checks: CheckSettings = Field(default=CheckSettings(), title="Checks of incoming mail")
    network: NetworkSettings = Field(default=NetworkSettings(), title="Network interface")
    imap_pop3: ImapPop3Settings = Field(default=ImapPop3Settings(), title="IMAP/POP3")
    search: SearchSettings = Field(default=SearchSettings(), title="Full-text search")
    security: SecuritySettings = Field(default=SecuritySettings(), title="Security")
    certificates: CertificateSettings = Field(default=CertificateSettings(), title="Certificates")
    limits: LimitSettings = Field(default=LimitSettings(), title="Limits")
    console: ConsoleSettings = Field(default=ConsoleSettings(), title="Console")

    def doors(self) -> dict[str, Listener]:
        """Every listener by name: those of mail, and the console's."""
        return {**self.listeners(), CONSOLE: self.console.https}

    def listeners(self) -> dict[str, Listener]:
        """Every mail listener by name."""
        return {
            name: getattr(self.smtp if name in SmtpSettings.model_fields else self.imap_pop3, name)
            for name in LISTENERS
        }

    @model_validator(mode="after")
    def _check_ports(self) -> Settings:
        taken: dict[int, str] = {}
        for name, door in self.doors().items():
            if not door.enabled:
                continue
            if door.port in taken:
                raise ValueError(f"{name} and {taken[door.port]} can't both listen on port {door.port}")
            taken[door.port] = name
        unknown = sorted(set(self.security.tls_overrides) - set(TLS_LISTENERS))
        if unknown:
            raise ValueError(
                f"security.tls_overrides: there is no listener {unknown[0]}; there are {', '.join(TLS_LISTENERS)}"
            )
        return self


def parse(document: str) -> Settings:
    """From its stored JSON. Raises Malformed naming each faulty field."""
    try:
        return Settings.model_validate_json(document)
    except ValidationError as error:
        raise malformed(error) from None


HIDDEN = "(set)"
"""What stands for a secret wherever people read settings; the stored document alone has it."""


def paths(settings: Settings) -> Iterator[tuple[str, Any, str, str]]:
    """(path, value in JSON form, title, help text) of every setting, in the order of the pages; secrets hidden."""
    for path, value, title, text, is_secret in _walk(settings, ""):
        yield path, _seen(value, is_secret), title, text


def _walk(page: BaseModel, prefix: str) -> Iterator[tuple[str, Any, str, str, bool]]:
    for name, field in type(page).model_fields.items():
        value = getattr(page, name)
        path = f"{prefix}{name}"
        if isinstance(value, BaseModel):
            for inner, plain, title, text, is_secret in _walk(value, path + "."):
                owner = isinstance(value, Listener)
                yield (
                    inner,
                    plain,
                    f"{field.title}: {title}" if owner else title,
                    field.description or text if owner else text,
                    is_secret,
                )
        else:
            extra = field.json_schema_extra
            is_secret = isinstance(extra, dict) and bool(extra.get("secret"))
            yield path, page.model_dump(mode="json")[name], field.title or name, field.description or "", is_secret


def tree(settings: Settings) -> dict[str, Any]:
    """The whole document in JSON form, secrets hidden."""
    found: dict[str, Any] = settings.model_dump(mode="json")
    for path, value, _, _, is_secret in _walk(settings, ""):
        if is_secret and value:
            *above, name = path.split(".")
            place = found
            for step in above:
                place = place[step]
            place[name] = HIDDEN
    return found


def get(settings: Settings, path: str) -> Any:
    """One value in JSON form, or a page as a dict, secrets hidden. Raises Malformed for a path that is not there."""
    found: Any = tree(settings)
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            raise Malformed(f"there is no setting {path}; `postroom settings get` lists them")
        found = found[name]
    return found


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """A new document with these paths set to these JSON values, validated whole. Raises Malformed: which field, and what is allowed."""
    changed_tree = settings.model_dump(mode="json")
    known = {path for path, _, _, _, _ in _walk(settings, "")}
    for path, value in changes.items():
        if path not in known:
            get(settings, path)
            raise Malformed(f"{path}: this is a page; name one of its settings", faults=[Fault(path, "this is a page")])
        *above, name = path.split(".")
        place = changed_tree
        for step in above:
            place = place[step]
        place[name] = value
    try:
        return Settings.model_validate(changed_tree)
    except ValidationError as error:
        raise malformed(error) from None


def value_from_text(text: str) -> Any:
    """A value as typed on a command line: JSON where it is JSON, else the text itself; on/off for switches."""
    if text in ("on", "off"):
        return text == "on"
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def shown(value: Any) -> str:
    """A value for people: on/off for switches, text as it is, else JSON."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def differences(old: Settings, new: Settings) -> list[tuple[str, Any, Any]]:
    """(path, old, new) of what differs; a secret shows only whether it is set."""
    before = {path: value for path, value, _, _, _ in _walk(old, "")}
    return [
        (path, _seen(before[path], is_secret), _seen(value, is_secret))
        for path, value, _, _, is_secret in _walk(new, "")
        if before[path] != value
    ]


def _seen(value: Any, is_secret: bool) -> Any:
    return HIDDEN if is_secret and value else value
