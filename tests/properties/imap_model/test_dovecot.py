"""The same random games against Dovecot from Debian and the same model: what the model takes for right is what another server of many years does too.

Where Dovecot differs, the model is told by name, and docs/quirks.md says why; everything else must be equal.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from bench.dovecot import PROGRAM, Dovecot, Plan

from harness_imap import Client
from properties.imap_model.game import CONDSTORE, PLAIN, QRESYNC, Server
from properties.imap_model.playing import Ground, play_seed

# name in the model → what its row in docs/quirks.md, Where Dovecot answers otherwise, begins with
DIFFERENCES = {
    "copy of nothing": "COPY and MOVE of numbers that name nothing",
    "delete above": "DELETE of a mailbox with others below it",
    "deleted selected": "DELETE of the mailbox that is selected",
    "expunge ignored": "STORE and EXPUNGE in a mailbox opened by EXAMINE",
    "fetch without modseq": "FETCH of FLAGS after ENABLE CONDSTORE",
    "gone": "FETCH, STORE and COPY of messages that are expunged and not told yet",
    "loose threads": "THREAD=ORDEREDSUBJECT of messages with one subject",
    "move from examined": "MOVE out of a mailbox opened by EXAMINE",
    "own view": "SEARCH, STATUS, EXPUNGE and CLOSE after changes that are not told yet",
    "parents": "CREATE and RENAME to a name below one that is not there",
    "recent later": "RECENT behind the FETCH",
    "renamed selected": "RENAME of a mailbox that others have selected",
    "store ignored": "STORE and EXPUNGE in a mailbox opened by EXAMINE",
    "string ties": "SORT by SUBJECT or FROM of messages that are equal in it",
    "told of saving": "SEARCH RETURN (SAVE) MODSEQ",
    "unchanged untold": "STORE that changes nothing",
}
_LACKS = frozenset({"REPLACE", "DELETED"})
_SEEDS = range(1000, 1100) if os.environ.get("POSTROOM_SOAK") else range(8)
_PASSWORD = "dovecot-password"
# without the index of names its sessions tell each other's new mailboxes at once
_MORE = """
mailbox_list_index = no
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  service_count = 0
}}
"""


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    assert Path(PROGRAM).exists(), "dovecot is missing; `make test` installs it"
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    numbers = itertools.count(1)

    @contextlib.asynccontextmanager
    async def fresh() -> AsyncIterator[Server]:
        name = f"player{next(numbers)}"

        async def login() -> Client:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
            client = Client(reader, writer)
            await client.line()
            assert (await client.command(f'LOGIN {name}@example.test "{_PASSWORD}"'))[-1].split()[1] == b"OK"
            return client

        yield Server(login, (PLAIN, QRESYNC, CONDSTORE), frozenset(DIFFERENCES), _LACKS)

    # not below pytest's folder: others than root must enter
    with tempfile.TemporaryDirectory(prefix="postroom-dovecot-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with Dovecot(Path(folder), Plan(_PASSWORD, port, more=_MORE)):
            yield fresh


@pytest.mark.xdist_group("dovecot")
@pytest.mark.parametrize("seed", _SEEDS)
def test_dovecot_answers_as_the_model(ground: Ground, seed: int) -> None:
    play_seed(ground, seed)


def test_each_difference_is_explained_and_used() -> None:
    here = Path(__file__).parent
    quirks = (here.parents[2] / "docs" / "quirks.md").read_text()
    rows = quirks.partition("### Where Dovecot answers otherwise")[2].partition("\n## ")[0].splitlines()
    modules = "".join(path.read_text() for path in here.glob("*.py") if path.name != Path(__file__).name)
    for name, row in DIFFERENCES.items():
        assert any(line.startswith(f"| {row}") for line in rows), f"docs/quirks.md has no row for {name!r}"
        assert f'"{name}"' in modules, f"nothing in the model asks for {name!r}"
