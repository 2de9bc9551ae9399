"""A disk that fails, or a process that dies, at the nth write, sync, rename or deletion: SQLite's and our own.

SQLite writes through a VFS of our own; what Postroom writes itself goes through `os`. Both are counted as one sequence of steps. Nothing is simulated beside the
failure: every step that does not fail is done on the real file system. At a power failure all that was written since the last sync of each file is taken back,
and so are names whose directory was not synced, before the process dies.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn

import apsw


class Fault(Enum):
    """What happens at the step; for the last two at every step from it on, until `heal`."""

    KILL = "kill"
    TORN = "torn"
    """Half of what is written at that step reaches the file, then the process dies."""
    POWER = "power"
    EIO = "EIO"
    EIO_LASTING = "EIO lasting"
    ENOSPC = "ENOSPC"

    @property
    def ends_the_process(self) -> bool:
        return self in (Fault.KILL, Fault.TORN, Fault.POWER)


@dataclass
class Disk:
    """One process's disk. Armed, it counts; at step `at` it does what `fault` says."""

    fault: Fault | None = None
    at: int = 0
    count: int = 0
    armed: bool = False
    steps: list[str] = field(default_factory=list)
    unsynced: dict[str, list[tuple[int, bytes, int]]] = field(default_factory=dict)
    """By path: (offset, what was there, size of the file), oldest first."""
    unsynced_names: list[str] = field(default_factory=list)

    def step(self, what: str, half: Callable[[], None] | None = None) -> str:
        """Count one; "" to go on, else the error to raise. `half` does half of it."""
        if not self.armed:
            return ""
        self.count += 1
        self.steps.append(what)
        if self.fault is None or self.count < self.at:
            return ""
        if self.count > self.at:
            return {Fault.ENOSPC: "ENOSPC", Fault.EIO_LASTING: "EIO"}.get(self.fault, "")
        if self.fault is Fault.TORN and half is not None:
            half()
        if self.fault is Fault.POWER:
            self._lose_power()
        if self.fault.ends_the_process:
            _die()
        return "ENOSPC" if self.fault is Fault.ENOSPC else "EIO"

    def heal(self) -> None:
        self.fault = None

    def written(self, path: str, offset: int, before: bytes, size: int) -> None:
        self.unsynced.setdefault(path, []).append((offset, before, size))

    def synced(self, path: str) -> None:
        self.unsynced.pop(path, None)
        self.unsynced_names = [name for name in self.unsynced_names if str(Path(name).parent) != path]

    def _lose_power(self) -> None:
        for path, writes in self.unsynced.items():
            if not Path(path).exists():
                continue
            descriptor = _os.open(path, os.O_RDWR)
            for offset, before, size in reversed(writes):
                _os.pwrite(descriptor, before, offset)
                _os.ftruncate(descriptor, size)
        for name in reversed(self.unsynced_names):
            with contextlib.suppress(FileNotFoundError):  # its folder went before it
                _os.rename(name, name + ".lost")


class _Os:
    """The system's own functions, whatever stands in their place."""

    open = staticmethod(os.open)
    write = staticmethod(os.write)
    pwrite = staticmethod(os.pwrite)
    pread = staticmethod(os.pread)
    fsync = staticmethod(os.fsync)
    ftruncate = staticmethod(os.ftruncate)
    link = staticmethod(os.link)
    unlink = staticmethod(os.unlink)
    rename = staticmethod(os.rename)
    replace = staticmethod(os.replace)
    mkdir = staticmethod(os.mkdir)
    posix_fallocate = staticmethod(os.posix_fallocate)


_os = _Os


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _raise_engine(error: str, code: int) -> None:
    if error == "ENOSPC" and code != apsw.SQLITE_IOERR_FSYNC:  # SQLite has one error for every failed sync
        raise apsw.FullError("no space left")
    if error:
        raise apsw.exception_for(code)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._short = Path(self._name).name

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - the engine's name
        half = len(data) // 2
        error = self._disk.step(f"write {self._short}", lambda: super(_File, self).xWrite(bytes(data)[:half], offset))
        _raise_engine(error, apsw.SQLITE_IOERR_WRITE)
        self._note(offset, len(data))
        super().xWrite(data, offset)

    def _note(self, offset: int, length: int) -> None:
        if self._disk.armed and self._disk.fault is Fault.POWER:
            size = super().xFileSize()
            before = super().xRead(min(length, max(0, size - offset)), offset) if offset < size else b""
            self._disk.written(self._name, offset, before, size)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - the engine's name
        _raise_engine(self._disk.step(f"truncate {self._short}"), apsw.SQLITE_IOERR_TRUNCATE)
        self._note(size, super().xFileSize() - size)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - the engine's name
        _raise_engine(self._disk.step(f"sync {self._short}"), apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)
        self._disk.synced(self._name)


class _FailingVfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("failing", "unix", makedefault=True)
        self._disk = disk

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802 - the engine's name
        return _File(self._disk, name, flags)

    def xDelete(self, name: str, sync_directory: bool) -> None:  # noqa: N802 - the engine's name
        _raise_engine(self._disk.step(f"delete {Path(name).name}"), apsw.SQLITE_IOERR_DELETE)
        super().xDelete(name, sync_directory)


def install(disk: Disk) -> apsw.VFS:
    """In this process, for good: keep what is returned."""

    def check(what: str, half: Callable[[], None] | None = None) -> None:
        error = disk.step(what, half)
        if error:
            raise OSError(getattr(errno, error), os.strerror(getattr(errno, error)))

    def name_of(descriptor: int) -> str:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())

    def named(path: Any) -> None:
        if disk.armed:
            disk.unsynced_names.append(os.fspath(path))

    def open_file(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & os.O_CREAT:
            check("create")
        return _os.open(path, flags, *arguments, **options)

    def write(descriptor: int, data: Any) -> int:
        path = name_of(descriptor)
        if not path.startswith("/") or path.startswith("/dev"):
            return _os.write(descriptor, data)
        check("write file", lambda: _discard(_os.write(descriptor, bytes(data)[: len(data) // 2])))
        if disk.armed:
            size = os.fstat(descriptor).st_size
            disk.written(path, size, b"", size)
        return _os.write(descriptor, data)

    def fsync(descriptor: int) -> None:
        check("sync file")
        _os.fsync(descriptor)
        disk.synced(name_of(descriptor))

    def link(source: Any, target: Any) -> None:
        check("link")
        _os.link(source, target)
        named(target)

    def unlink(path: Any, **options: Any) -> None:
        check("unlink")
        _os.unlink(path, **options)

    def mkdir(path: Any, mode: int = 0o777, **options: Any) -> None:
        if not Path(path).exists():
            check("mkdir")
        _os.mkdir(path, mode, **options)
        named(path)

    def rename(source: Any, target: Any) -> None:
        check("rename")
        _os.rename(source, target)

    for replacement, function in (
        ("open", open_file), ("write", write), ("fsync", fsync), ("link", link), ("unlink", unlink), ("mkdir", mkdir),
        ("rename", rename), ("replace", rename),
    ):  # fmt: skip
        setattr(os, replacement, function)
    return _FailingVfs(disk)


def _discard(_: object) -> None:
    return None
