"""CertificateFolder: the certificates of a server, each a file `NAME.pem` with chain and key, or a pair `NAME.pem` and `NAME.key`.

What is put here is one file, so that it is there whole or not at all; the pair is what people copy here by hand. Keys are readable by their owner alone, who
is that of the folder.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from postroom.model.errors import Conflict, MailError, NotFound, TryLater, faulty
from postroom.model.security.certificate import CertificateFacts, KeptCertificate
from postroom.net.certificates import examination
from postroom.settings.certificates import certificate_name

MOST = 100  # certificates of one server; each has a context for each kind of listener in each worker
_CHAIN, _KEY = ".pem", ".key"
_PRIVATE = b"PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate; `key` None where it stands in the file of the chain. `stamp` changes with the content."""

    name: str
    chain: Path
    key: Path | None
    stamp: tuple[object, ...]
    holds_key: bool
    """Whether the file of the chain has the key too."""


class CertificateFolder:
    """See admin.ports.certificates.CertificateStore; blocking, on files of a few kilobytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> tuple[object, ...]:
        """Changes whenever a file does: what tells workers to look again."""
        try:
            with os.scandir(self.path) as found:
                return tuple(
                    sorted((one.name, *_stamp(one.stat())) for one in found if one.name.endswith((_CHAIN, _KEY)))
                )
        except OSError:
            return ()

    def entries(self) -> list[Entry]:
        """By name, at most MOST. Raises OSError."""
        with os.scandir(self.path) as found:
            names = sorted(one.name.removesuffix(_CHAIN) for one in found if one.name.endswith(_CHAIN))
        return [entry for name in names[:MOST] if (entry := self.entry(name)) is not None]

    def entry(self, name: str) -> Entry | None:
        """None where there is none of this name, also for names that no certificate can have. Raises OSError."""
        with contextlib.suppress(ValueError, FileNotFoundError):
            chain = self.path / f"{certificate_name(name)}{_CHAIN}"
            key = self.path / f"{name}{_KEY}"
            stamp = _stamp(chain.stat())
            if not chain.is_file():
                return None
            holds_key = _PRIVATE in _read(chain)
            if not holds_key and key.exists():
                return Entry(name, chain, key, (*stamp, *_stamp(key.stat())), holds_key)
            return Entry(name, chain, None, stamp, holds_key)
        return None

    def facts(self, entry: Entry) -> CertificateFacts:
        """Of the first certificate. Raises Malformed, OSError."""
        return examination.facts_of(examination.read_chain(_chain_part(_read(entry.chain)))[0])

    # what an operator does

    def kept(self, now: int) -> list[KeptCertificate]:
        """All, by name."""
        try:
            return [self._kept(entry, now) for entry in self.entries()]
        except OSError as error:
            raise _unreadable(error) from None

    def check(self, chain: bytes, key: bytes, now: int) -> CertificateFacts:
        """What would be kept. Raises Malformed."""
        return examination.examine(chain, key, now).facts

    def install(self, name: str, chain: bytes, key: bytes, now: int) -> CertificateFacts:
        """Keep it in the place of what has this name. Raises Malformed, OverLimit, TryLater; then what was there stays."""
        _check_name(name)
        examined = examination.examine(chain, key, now)
        try:
            if self.entry(name) is None and len(self.entries()) >= MOST:
                raise Conflict(f"at most {MOST} certificates are kept: remove one first")
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self.path / f"{name}{_CHAIN}", examined.content, 0o600)
            (self.path / f"{name}{_KEY}").unlink(
                missing_ok=True
            )  # of a pair; the file that holds its key counts in any case
        except OSError as error:
            raise TryLater("the certificate can't be written at the moment", detail=str(error)) from None
        return examined.facts

    def remove(self, name: str) -> None:
        """Raises NotFound, TryLater."""
        _check_name(name)
        try:
            if self.entry(name) is None:
                raise NotFound(f"there is no certificate {name}")
            (self.path / f"{name}{_CHAIN}").unlink()
            (self.path / f"{name}{_KEY}").unlink(missing_ok=True)
        except OSError as error:
            raise TryLater("the certificate can't be removed at the moment", detail=str(error)) from None

    def chain(self, name: str) -> bytes:
        """The first certificate, in PEM. Raises NotFound, TryLater."""
        try:
            entry = self.entry(name)
            if entry is None:
                raise NotFound(f"there is no certificate {name}")
            first = examination.read_chain(_chain_part(_read(entry.chain)))[0]
        except OSError as error:
            raise _unreadable(error) from None
        return first.public_bytes(Encoding.PEM)

    def _kept(self, entry: Entry, now: int) -> KeptCertificate:
        try:
            facts = self.facts(entry)
            return KeptCertificate(entry.name, examination.with_problems(facts, examination.age_problems(facts, now)))
        except MailError as error:
            return KeptCertificate(entry.name, None, error.public)
        except OSError as error:
            return KeptCertificate(entry.name, None, error.strerror or str(error))


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all: written beside, synced, renamed; it belongs to whom the folder does. Raises OSError."""
    beside = path.with_suffix(path.suffix + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        owner = path.parent.stat()
        if os.geteuid() == 0:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_ino, status.st_size


def _read(path: Path) -> bytes:
    """As much as may be in it, and one octet to see that there is more."""
    with path.open("rb") as file:
        return file.read(2 * examination.MAX_PEM + 1)


def _chain_part(text: bytes) -> bytes:
    """Without the key, which may stand in the same file, so that what is long for a chain is a chain."""
    start = text.find(b"-----BEGIN CERTIFICATE-----")
    return text[start:] if start >= 0 else text


def _check_name(name: str) -> None:
    try:
        certificate_name(name)
    except ValueError as error:
        raise faulty("name", str(error)) from None


def _unreadable(error: OSError) -> TryLater:
    return TryLater("the certificates can't be read at the moment", detail=str(error))
