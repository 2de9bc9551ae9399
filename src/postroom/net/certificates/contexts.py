"""TlsContexts: the TLS contexts of one worker: of each listener, with the certificate of the name that a client asks for (SNI, RFC 6066 §3).

All are made when settings or files change, those of unchanged files are kept. A certificate that can't be loaded keeps its old contexts; only when the default
one can't, everything stays as it was.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from postroom.model.errors import MailError
from postroom.model.security.certificate import CertificateFacts
from postroom.net.certificates.folder import CertificateFolder, Entry
from postroom.net.tls_profiles import server_context
from postroom.settings.certificates import DEFAULT_NAME
from postroom.settings.security import TlsProfile

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """How a listener answers: by which profile, and to which application protocols (RFC 7301)."""

    profile: TlsProfile
    alpn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: tuple[object, ...]
    facts: CertificateFacts
    contexts: dict[Answer, ssl.SSLContext]


class NameTable:
    """Which certificate for which name: the exact one, then a wildcard of one label (RFC 9525 §6.3), else the default."""

    def __init__(self, certificates: Mapping[str, CertificateFacts], default: str) -> None:
        self._names: dict[str, str] = {}
        # the last one counts: what an authority signed before what we made, the default before others, and what lasts longest
        for certificate, facts in sorted(
            certificates.items(), key=lambda item: (not item[1].self_signed, item[0] == default, item[1].not_after)
        ):
            self._names.update(dict.fromkeys(facts.names, certificate))

    def certificate(self, name: str) -> str | None:
        """None for the default."""
        name = name.lower().rstrip(".")
        return self._names.get(name) or self._names.get(f"*.{name.partition('.')[2]}")


class TlsContexts:
    """`load` first; then `of` is a look-up."""

    def __init__(self, folder: CertificateFolder) -> None:
        self._folder = folder
        self._loaded: dict[str, _Loaded] = {}
        self._listeners: dict[str, ssl.SSLContext] = {}

    @property
    def is_loaded(self) -> bool:
        return bool(self._listeners)

    def of(self, listener: str) -> ssl.SSLContext:
        return self._listeners[listener]

    def facts(self) -> dict[str, CertificateFacts]:
        """What is in force, by name."""
        return {name: loaded.facts for name, loaded in self._loaded.items()}

    def load(self, answers: Mapping[str, Answer], default: str) -> None:
        """By listener. Raises MailError, OSError, ssl.SSLError where the default can't be used; then nothing has changed."""
        wanted = set(answers.values())
        loaded: dict[str, _Loaded] = {}
        entries = {entry.name: entry for entry in self._folder.entries()}
        if default not in entries and DEFAULT_NAME in entries:
            log.error("default certificate not there", certificate=default, instead=DEFAULT_NAME)
            default = DEFAULT_NAME
        if default not in entries:
            raise FileNotFoundError(f"there is no certificate {default} in {self._folder.path}")
        for name, entry in entries.items():
            try:
                loaded[name] = self._load(entry, wanted)
            except (MailError, OSError, ssl.SSLError) as error:
                if name == default:
                    raise
                reason = error.public if isinstance(error, MailError) else str(error)
                log.error("certificate not usable", certificate=name, reason=reason)
                kept = self._loaded.get(name)
                if kept is not None and wanted <= kept.contexts.keys():
                    loaded[name] = kept
        self._loaded = loaded
        table = NameTable(self.facts(), default)
        for answer in wanted:
            loaded[default].contexts[answer].sni_callback = self._chooser(table, answer, default)
        self._listeners = {listener: loaded[default].contexts[answer] for listener, answer in answers.items()}

    def _load(self, entry: Entry, wanted: set[Answer]) -> _Loaded:
        kept = self._loaded.get(entry.name)
        if kept is not None and kept.stamp != entry.stamp:
            kept = None
        contexts = {
            answer: (kept.contexts.get(answer) if kept is not None else None)
            or server_context(answer.profile, entry.chain, entry.key, answer.alpn)
            for answer in wanted
        }
        return _Loaded(entry.stamp, kept.facts if kept is not None else self._folder.facts(entry), contexts)

    def _chooser(self, table: NameTable, answer: Answer, default: str) -> _Chooser:
        contexts = {name: loaded.contexts[answer] for name, loaded in self._loaded.items()}
        return _Chooser(table, contexts, default)


class _Chooser:
    """What OpenSSL calls with the name in the client's hello."""

    def __init__(self, table: NameTable, contexts: Mapping[str, ssl.SSLContext], default: str) -> None:
        self._table = table
        self._contexts = contexts
        self._default = default

    def __call__(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        found = self._table.certificate(name) if name else None
        if found is not None and found != self._default:
            connection.context = self._contexts[found]


def expect_odd_names() -> None:
    """For this process: a name in a client's hello that is not ASCII ends the handshake, which the listener tells; Python would write a traceback besides."""
    usual = sys.unraisablehook

    def told(what: sys.UnraisableHookArgs) -> None:
        if not (isinstance(what.exc_value, UnicodeDecodeError) and isinstance(what.object, bytes)):
            usual(what)

    sys.unraisablehook = told
