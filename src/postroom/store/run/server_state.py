"""What the supervisor writes of itself, read; and what the kernel knows of its processes and of the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from postroom.model.errors import TryLater
from postroom.model.operation.health import STATUS_NAME, ListenerState, ProcessState, ServerState


class _Process(msgspec.Struct):
    pid: int
    index: int
    restarts: int
    since: int


class _Listener(msgspec.Struct):
    door: str
    address: str
    port: int
    open: bool
    error: str


class _Status(msgspec.Struct):
    since: int
    settings_version: int
    port_offset: int
    listeners: list[_Listener]
    workers: list[_Process]
    console: list[_Process]
    indexer: list[_Process]


class LocalServerState:
    """Of the server whose data is here."""

    def __init__(self, data: Path, run: Path) -> None:
        self._data = data
        self._run = run

    def read(self) -> ServerState:
        """Raises TryLater where it is not running."""
        try:
            found = msgspec.json.decode((self._run / STATUS_NAME).read_bytes(), type=_Status)
        except (OSError, msgspec.MsgspecError) as error:
            raise TryLater("the server does not say how it is at the moment", detail=str(error)) from None
        kinds = (("mail", found.workers), ("console", found.console), ("indexer", found.indexer))
        processes = [_process(one, serves) for serves, some in kinds for one in some]
        listeners = [ListenerState(one.door, one.address, one.port, one.open, one.error) for one in found.listeners]
        return ServerState(found.since, found.settings_version, found.port_offset, listeners, processes)

    def disk(self) -> tuple[int, int, int]:
        """(total, used, free) octets. Raises TryLater."""
        try:
            return tuple(shutil.disk_usage(self._data))  # type: ignore[return-value]
        except OSError as error:
            raise TryLater("the disk can't be looked at", detail=str(error)) from None


def _process(one: _Process, serves: str) -> ProcessState:
    memory: int | None
    try:
        pages = Path(f"/proc/{one.pid}/statm").read_text(encoding="ascii").split()[1]
        memory = int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        memory = None
    return ProcessState(one.pid, one.index, one.restarts, one.since, serves, memory)
