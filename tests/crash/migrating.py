"""`python migrating.py FOLDER`: a server's databases are brought to a made-up next version, and the process is killed at each step of it; one JSON line for each.

Each line says at which step, and the versions that a new process found and what it could read after it had brought them up itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog

from crash.driven import account_of, copied, state
from crash.faults import Disk, Fault, install
from postroom.app import DataFolder, build_adapters
from postroom.store.engines import migrations

_SQL = (
    "CREATE TABLE made_up (a INTEGER PRIMARY KEY, b TEXT NOT NULL);"
    "INSERT INTO made_up SELECT value, hex(randomblob(400)) FROM (WITH RECURSIVE n(value) AS"
    " (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 40) SELECT value FROM n);"
    "ALTER TABLE account ADD COLUMN made_up INTEGER NOT NULL DEFAULT 7;"
    "CREATE INDEX made_up_b ON made_up (b);"
)


def add_a_version() -> None:
    known = migrations.migrations

    def with_one_more(kind: str) -> tuple[tuple[int, str], ...]:
        return (*known(kind), (known(kind)[-1][0] + 1, _SQL))

    migrations.migrations = with_one_more  # type: ignore[assignment] - made up for this process


async def open_all(data: DataFolder) -> dict[str, Any]:
    adapters = build_adapters(data)
    try:
        found = await state(adapters)
        made_up = [len(adapters.database.read("SELECT 1 FROM made_up"))]
        for who in ("alice", "bob"):
            file = await adapters.store.files.get(account_of(adapters, who))
            made_up.append(len(file.read("SELECT 1 FROM made_up")))
        return {"found": found, "made_up": made_up}
    finally:
        await adapters.close()


def killed(data: DataFolder, at: int, fault: Fault | None) -> tuple[bool, int]:
    """Whether it died at that step, and how many there were."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status, disk = 1, Disk(fault, at)
        try:
            kept = install(disk)
            disk.armed = True
            asyncio.run(open_all(data))
            status = 0
            os.write(writing, str(disk.count).encode())
            del kept
        finally:
            os._exit(status)
    os.close(writing)
    _, status = os.waitpid(pid, 0)
    count = int(os.read(reading, 100) or b"0")
    os.close(reading)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the migration itself must not fail"
    return os.WIFSIGNALED(status), count


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    add_a_version()
    template = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as temporary:
        folder = Path(temporary) / "run"
        died, count = killed(copied(template, folder), 0, None)
        assert not died
        for fault in (Fault.KILL, Fault.POWER):
            for at in range(1, count + 1, int(sys.argv[2])):
                died, _ = killed(data := copied(template, folder), at, fault)
                assert died, at
                print(json.dumps({"at": at, **asyncio.run(open_all(data))}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
