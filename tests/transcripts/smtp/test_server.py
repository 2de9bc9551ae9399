"""Each transcript of this folder, whole and octet by octet."""

from pathlib import Path

import pytest

from transcripts.smtp import script

SCRIPTS = sorted((Path(__file__).parent / "server").glob("*.txt"))


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) > 10


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    script.play(path.read_text(encoding="utf-8"))
