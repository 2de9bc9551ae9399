"""The hunt finds what raises and what takes too long, keeps it so that it replays, and makes the same inputs from the same seed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fuzz import hunt
from fuzz.__main__ import main
from fuzz.mutation import MOST_OCTETS, Bender
from fuzz.targets import TARGETS


def target_that(call: object, *seeds: bytes) -> hunt.Target:
    return hunt.Target("sample", call, lambda: seeds)  # type: ignore[arg-type]  # any callable will do


def fails_at_b(data: bytes) -> None:
    if b"b" in data:
        raise ValueError("a b")


def never_ends(data: bytes) -> None:
    while True:
        data = data[:1]


def test_what_raises_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunt, "FINDINGS", tmp_path / "findings")
    said: list[str] = []
    findings = hunt.hunt(target_that(fails_at_b, b"a", b"b"), 600, 1, said.append, most=200)
    assert len(findings) == 1
    assert b"b" in findings[0].path.read_bytes()
    assert f"--replay {findings[0].path} sample" in "\n".join(said)
    assert "findings: 1" in said[-1]


def test_what_reaches_new_lines_is_bent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from postroom.message import threads

    kept: list[bytes] = []
    monkeypatch.setattr(Bender, "keep", lambda self, data: kept.append(data))
    said: list[str] = []
    hunt.hunt(target_that(lambda data: threads.message_ids(data), b"<a@b>", b""), 600, 1, said.append, most=800)
    assert 0 < len(kept) < 100
    assert "lines:     0" not in said[-1]


def test_what_does_not_end_is_stopped() -> None:
    with pytest.raises(hunt.TooSlow), hunt.bounded(0.05):
        never_ends(b"x")


def test_a_seed_makes_the_same_inputs() -> None:
    made = [Bender(random.Random("1"), [b"a b\r\nc 12\r\n"]).make() for _ in range(2)]
    assert made[0] == made[1]
    bender = Bender(random.Random("2"), [b"a b\r\nc 12\r\n", b"", b"x"])
    inputs = [bender.make() for _ in range(300)]
    assert len(set(inputs)) > 200
    assert max(map(len, inputs)) <= MOST_OCTETS


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_target_stands_its_seeds(name: str) -> None:
    target = TARGETS[name]
    assert [str(error) for seed in target.seeds() if (error := hunt.attempt(target, seed)) is not None] == []


def test_replay_tells_by_its_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"ab")
    monkeypatch.setitem(TARGETS, "names", target_that(fails_at_b))
    monkeypatch.setattr("sys.argv", ["fuzz", "--replay", str(file), "names"])
    assert main() == 1
    assert "ValueError: a b" in capsys.readouterr().err
    file.write_bytes(b"a")
    assert main() == 0
