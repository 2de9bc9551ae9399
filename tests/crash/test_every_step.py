"""Every write, sync, link, rename and deletion of an operation fails once, or is the last thing that the process does (THREATS D2, D3).

Exhaustive for each operation: killed at the nth step, and EIO at the nth step, n = 1…N, where N is counted in a run without a fault. A torn write, a power failure
(what was not synced is gone), an error that lasts and a full disk come at every fourth step; `make soak` has them at every step too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.crash
_SOAK = bool(os.environ.get("POSTROOM_SOAK"))
_DRIVEN = Path(__file__).with_name("driven.py")
_EACH = ("kill:1:1", "EIO:1:1")
_SOME = ("torn:1:4", "power:2:4", "EIO lasting:3:4", "ENOSPC:4:4")
_ALL = tuple(f"{fault}:1:1" for fault in ("kill", "EIO", "torn", "power", "EIO lasting", "ENOSPC"))
_PROMISED = ("delivery", "large delivery", "append", "move", "expunge", "rename", "delete", "settings")
_BESIDE = ("copy", "queued delivery")
"""The same steps as one of the above."""


def driven(operation: str, *plans: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The run without a fault, and one for each step and fault."""
    done = subprocess.run(
        [sys.executable, str(_DRIVEN), operation, *plans], capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    clean, *runs = [json.loads(line) for line in done.stdout.splitlines()]
    assert clean["ack"] and clean["before"] != clean["after"]
    assert clean["found"] == clean["after"] and len(clean["steps"]) > 10
    return clean, runs


def wrong(clean: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """What breaks a promise in one run."""
    before, after, found = clean["before"], clean["after"], run["found"]
    said = []
    if "traceback" in run:
        said.append(f"not a refusal but a defect: {run['traceback'][-1500:]}")
    if "faults" in found:
        return [*said, f"not consistent: {found['faults'][:3]}"]
    said += [f"half done: {part}" for part in before if found[part] not in (before[part], after[part])]
    if run["ack"] and found != after:
        said.append("acknowledged and lost")
    if run["fault"] in ("kill", "torn", "power"):
        return said
    if run["ack"] is bool(run.get("refused")):
        said.append("no answer")
    # a sync that fails for good leaves it open what is on the disk: the client hears no, and may find it done
    open_end = clean["steps"][run["at"] - 1].startswith("sync") and run["fault"] != "EIO"
    allowed = [after] if run["ack"] else [before, after] if open_end else [before]
    if run.get("state") not in allowed:
        said.append("the server that goes on serving shows something else than it answered")
    if run.get("state") != found:
        said.append("a new process finds something else than the old one showed")
    return said


@pytest.mark.parametrize("operation", [*_PROMISED, *_BESIDE])
def test_each_step(operation: str) -> None:
    plans = _ALL if _SOAK else (*_EACH, *_SOME) if operation in _PROMISED else ("kill:1:3", "EIO:2:3", *_SOME[:2])
    clean, runs = driven(operation, *plans)
    assert len(runs) >= len(clean["steps"]) * (2 if operation in _PROMISED else 1)
    acknowledged = {run["ack"] for run in runs}
    assert acknowledged == {True, False}, "some steps come before the answer and some after it"
    broken = [
        (run["fault"], run["at"], clean["steps"][run["at"] - 1], said) for run in runs if (said := wrong(clean, run))
    ]
    assert broken == []


def test_two_databases_in_one_delivery() -> None:
    """A message for the queue and for a mailbox has two commits. Acknowledged, each recipient has it once; refused or cut off, it may come twice, never half."""
    clean, runs = driven("delivery to both", *(_ALL if _SOAK else ("kill:1:2", "EIO:2:2", "power:1:4")))
    assert runs
    for run in runs:
        found = run["found"]
        where = (run["fault"], run["at"], clean["steps"][run["at"] - 1])
        assert "traceback" not in run, (where, run)
        assert "faults" not in found, (where, found)
        queued = [address for address, _ in found["server"][0]]
        in_mailbox = len(found["alice"][0]["INBOX"][4]) - len(clean["before"]["alice"][0]["INBOX"][4])
        for_alice = in_mailbox + queued.count("alice@example.test")
        assert found["alice"] in (clean["before"]["alice"], clean["after"]["alice"]), where
        assert for_alice == 1 if run["ack"] else for_alice <= 1, where
        assert queued.count("far@remote.test") == 1 if run["ack"] else queued.count("far@remote.test") <= 1, where
