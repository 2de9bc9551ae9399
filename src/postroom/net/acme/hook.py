"""DnsHook: the program that puts a TXT record into the DNS and takes it away again (RFC 8555 §8.4).

It stands in a folder that only whoever has the machine fills, so that a login to the console is no login to the machine. No shell is between.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from postroom.model.errors import TryLater

_DEADLINE = 120.0  # seconds: some providers' interfaces are slow
_SHOWN = 500  # octets of what it says, in the log
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class DnsHook:
    """Blocking."""

    def __init__(self, folder: Path, words: Sequence[str], seconds: float = _DEADLINE) -> None:
        """`words` are the program's name in the folder, and its first arguments."""
        self._folder = folder
        self._words = tuple(words)
        self._seconds = seconds

    def run(self, action: str, name: str, value: str) -> None:
        """`action` is add or remove. Raises TryLater."""
        if not self._words:
            raise TryLater("no program for dns-01 is set (certificates.acme_dns_hook)")
        program = self._folder / self._words[0]
        self._check(program)
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    [str(program), *self._words[1:], action, name, value],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd=self._folder,
                    env={"PATH": _PATH, "LANG": "C.UTF-8"},
                    start_new_session=True,
                )
            except OSError as error:
                raise TryLater("the program of dns-01 can't be run", detail=str(error)) from None
            self._end(process, said)

    def _end(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        try:
            status = process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            process.wait()
            raise TryLater(f"the program of dns-01 was stopped after {self._seconds:g} seconds") from None
        if status != 0:
            said.seek(0)
            text = said.read(_SHOWN).decode("utf-8", "replace")
            raise TryLater(f"the program of dns-01 ended with status {status}", detail=text)

    def _check(self, program: Path) -> None:
        """Nobody else may have put it there. Raises TryLater."""
        try:
            status = program.lstat()
        except OSError:
            raise TryLater(
                f"the program of dns-01 is not there: {self._words[0]} in the folder hooks of the server's data"
            ) from None
        if not stat.S_ISREG(status.st_mode) or not os.access(program, os.X_OK):
            raise TryLater("the program of dns-01 is no program: a file that may be executed is wanted")
        if status.st_uid not in (0, self._folder.stat().st_uid) or status.st_mode & 0o022:
            raise TryLater("the program of dns-01 may be written by others: chown and chmod 755 it")
