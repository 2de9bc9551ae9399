"""Each transcript beside this file, fed whole-line and byte by byte."""

from pathlib import Path

import pytest

from pop3_maildrop import OFFER, Maildrop
from postroom.wire.pop3.server import Pop3Core

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("piece", [1, 7, 10_000])
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, piece: int) -> None:
    maildrop = Maildrop(Pop3Core(OFFER))
    said = bytearray(maildrop.run())
    expected = bytearray()
    for line in path.read_text().splitlines():
        if line.startswith("S: "):
            expected += line[3:].encode() + b"\r\n"
        elif line.startswith("C: "):
            assert bytes(said) == bytes(expected)
            command = line[3:].encode() + b"\r\n"
            for at in range(0, len(command), piece):
                maildrop.core.receive_data(command[at : at + piece])
                said += maildrop.run()
    assert bytes(said) == bytes(expected)
