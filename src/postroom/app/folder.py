"""DataFolder: where everything of one server lies, and the lock that keeps a second server out."""

from __future__ import annotations

import contextlib
import fcntl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from postroom.model.errors import Conflict, Meaning
from postroom.store.files.reserve import Reserve
from postroom.store.server.database import NAME

_LOCK_PATIENCE = 5.0  # seconds: workers of a server that was just killed end within one


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything of one server lies."""

    root: Path

    @property
    def accounts(self) -> Path:
        return self.root / "accounts"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def queue(self) -> Path:
        return self.root / "queue"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def hooks(self) -> Path:
        """Programs that the settings may name; only whoever has the machine puts them there."""
        return self.root / "hooks"

    @property
    def answers(self) -> Path:
        """What an authority asks while a certificate is ordered."""
        return self.run / "acme"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def run(self) -> Path:
        """What is true only while the server runs."""
        return self.root / "run"

    @property
    def bus(self) -> Path:
        return self.run / "bus"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def reserve(self) -> Reserve:
        """Room that is kept for deleting when the disk is full."""
        return Reserve(self.root)

    @property
    def database(self) -> Path:
        return self.root / NAME


@contextlib.contextmanager
def locked(data: DataFolder) -> Iterator[None]:
    """One server per data folder: a lock on a file, which the kernel drops with the last process that holds it (THREATS D12)."""
    data.run.mkdir(parents=True, exist_ok=True)
    with data.lock.open("a") as file:
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Conflict(f"another Postroom serves {data.root} already", meaning=Meaning.IN_USE) from None
                threading.Event().wait(0.1)
        yield


def is_running(data: DataFolder) -> bool:
    """Whether a server holds the lock of this data folder."""
    try:
        with data.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
