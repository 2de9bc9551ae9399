"""A data folder of the first version opens with the program of the day; killed on the way up it is whole; one of a newer version is refused (THREATS D13).

`tests/data/first_version.tar.gz` was written by the first version: mail small and large, copied, moved, expunged, with keywords and subscriptions, two letters in
the queue, settings, a quota. `first_version.json` says what must be found in it. Neither is ever made anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import pytest

from crash.driven import account_of, append, state
from postroom.app import Adapters, DataFolder, build_adapters
from postroom.model.email import Column
from postroom.model.errors import TryLater
from postroom.store.server.database import open_server_database
from whole import postroom

pytestmark = pytest.mark.crash
_DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    with tarfile.open(_DATA / "first_version.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_DATA / "first_version.json").read_text("utf-8"))
    return found


def opened(folder: Path, work: Any) -> Any:
    async def run() -> Any:
        adapters = build_adapters(DataFolder(folder))
        try:
            return await work(adapters)
        finally:
            await adapters.close()

    return asyncio.run(run())


def version(path: Path) -> int:
    connection = apsw.Connection(str(path))
    found = connection.pragma("user_version")
    connection.close()
    return int(found)


def databases(folder: Path) -> list[Path]:
    return [folder / "server.sqlite", *sorted(folder.glob("accounts/*/*/mail.sqlite"))]


def test_everything_is_found_as_it_was(first: Path) -> None:
    assert [version(path) for path in databases(first)] == [1, 1, 1], "it is the first version's"
    assert opened(first, state) == expected(), "UIDs, UIDVALIDITY, MODSEQ, keywords, and every content by its digest"
    done = postroom(first, "doctor", "--deep")
    assert done.returncode == 0, done.stdout + done.stderr
    assert opened(first, state) == expected()


def test_mailboxes_know_the_keywords_of_their_messages(first: Path) -> None:
    async def work(adapters: Adapters) -> Any:
        store, account_id = adapters.store, account_of(adapters)
        found = {}
        for mailbox in await store.mailboxes(account_id):
            rows = await store.fetch(account_id, mailbox.mailbox_id, ((1, 1 << 31),), (Column.OTHERS,))
            used = {name.lower() for (others,) in rows if others for name in others.split(" ")}
            known = await store.keywords(account_id, mailbox.mailbox_id)
            assert [name.lower() for name in known] == sorted(used)
            found[mailbox.name] = known
        return found

    assert any(opened(first, work).values()), "there are some"


def test_the_numbers_go_on(first: Path) -> None:
    async def work(adapters: Adapters) -> Any:
        await append(adapters)
        await adapters.store.create_mailbox(account_of(adapters), "Passing")
        return await state(adapters)

    before, after = expected()["alice"][0], opened(first, work)["alice"][0]
    inbox = before["INBOX"]
    uids = [row[0] for row in after["INBOX"][4]]
    assert after["INBOX"][:2] == inbox[:2]
    assert uids[-2:] == [inbox[2], inbox[2] + 1]
    assert after["INBOX"][3] > max(mailbox[3] for mailbox in before.values())
    given = {mailbox[1] for mailbox in before.values()}
    assert after["Passing"][1] > max(given) + 1, "the mailbox of that name had one before, and it is not given again"


def test_killed_on_the_way_to_the_next_version(first: Path) -> None:
    stride = "1" if os.environ.get("POSTROOM_SOAK") else "7"
    script = Path(__file__).with_name("migrating.py")
    done = subprocess.run(
        [sys.executable, str(script), str(first), stride], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(runs) > 20
    for run in runs:
        assert run["made_up"] == [40, 40, 40], run["at"]
        assert run["found"] == expected(), run["at"]


def test_a_newer_version_is_refused_untouched(first: Path) -> None:
    for path in databases(first):
        connection = apsw.Connection(str(path))
        connection.execute("PRAGMA user_version = 999")
        connection.close()
    pool = ThreadPoolExecutor(1)
    with pytest.raises(TryLater, match="newer version of Postroom"):
        open_server_database(first, pool)
    pool.shutdown()
    done = postroom(first, "serve", "--port-offset", "20000")
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1 and "newer version" in done.stderr, done.stderr
    server, *accounts = databases(first)
    connection = apsw.Connection(str(server))
    connection.execute("PRAGMA user_version = 1")
    connection.close()

    async def work(adapters: Adapters) -> None:
        await append(adapters)

    with pytest.raises(TryLater) as refused:
        opened(first, work)
    assert "999" in refused.value.detail and "newer" in refused.value.public
    assert [version(path) for path in accounts] == [999, 999]
