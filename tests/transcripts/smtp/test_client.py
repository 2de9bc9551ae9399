"""Each transcript of the client core, whole and in pieces."""

from pathlib import Path

import pytest

from transcripts.smtp import client_script

SCRIPTS = sorted((Path(__file__).parent / "client").glob("*.txt"))


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 6


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    client_script.play(path.read_text(encoding="utf-8"))
