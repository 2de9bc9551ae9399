"""Thunderbird on a screen of its own (Xvfb), driven over Marionette: a script is run inside the program, as its own windows run theirs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lines import free_port

_START = 60.0
_PREFERENCES = {
    "app.update.auto": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "messenger.startup.action": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.update.enabled": False,
    "toolkit.telemetry.enabled": False,
}


class Thunderbird:
    """One running program; `run` gives what a script calls `done` with."""

    def __init__(self, port: int, display: str) -> None:
        self._display = display
        self._count = 0
        deadline = time.monotonic() + _START
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except OSError:
                assert time.monotonic() < deadline, "Thunderbird does not listen"
                time.sleep(0.3)
        self._file = self._socket.makefile("rb")
        self._packet()
        self._command("WebDriver:NewSession", {})
        self._command("Marionette:SetContext", {"value": "chrome"})

    def _packet(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self._file.read(1)
        return json.loads(self._file.read(int(size[:-1])))

    def _command(self, name: str, arguments: dict[str, Any]) -> Any:
        self._count += 1
        body = json.dumps([0, self._count, name, arguments]).encode()
        self._socket.sendall(b"%d:%b" % (len(body), body))
        _, _, error, result = self._packet()
        assert error is None, error
        return result

    def run(self, script: str, *arguments: Any) -> Any:
        """A function body with `done`, `words` (the arguments) and MailServices; an exception in it fails the test."""
        whole = (
            "const words = arguments, done = arguments[arguments.length - 1];"
            'const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");'
            'const server = MailServices.accounts.allServers.find(each => each.type == "imap");'
            "const folder = flag => server.rootFolder.getFolderWithFlags(flag);"
            "const inbox = () => folder(Ci.nsMsgFolderFlags.Inbox);"
            "const header = (place, subject) => [...place.messages].find(each => each.mime2DecodedSubject == subject);"
            "(async () => {" + script + '})().catch(error => done("failed: " + error + " " + error.stack));'
        )
        found = self._command("WebDriver:ExecuteAsyncScript", {"script": whole, "args": list(arguments)})["value"]
        assert not (isinstance(found, str) and found.startswith("failed: ")), found
        return found

    def until(self, script: str, *arguments: Any, seconds: float = 30) -> Any:
        """The same again until it is something."""
        deadline = time.monotonic() + seconds
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < deadline, f"did not come true: {script}"
            time.sleep(0.3)
        return found

    def screenshot(self, path: Path) -> None:
        subprocess.run(["import", "-display", self._display, "-window", "root", str(path)], check=True, timeout=30)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@contextmanager
def thunderbird(home: Path) -> Iterator[Thunderbird]:
    """A program with an empty profile; it and its screen are ended with the block."""
    profile = home / "profile"
    profile.mkdir()
    port = free_port()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
    lines.append(f'user_pref("marionette.port", {port});')
    (profile / "user.js").write_text("\n".join(lines) + "\n")
    number = free_port()  # a display number that nobody has
    screen = subprocess.Popen(
        ["Xvfb", f":{number}", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], stderr=subprocess.DEVNULL
    )
    environment = {**os.environ, "DISPLAY": f":{number}", "HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}
    command = ["thunderbird", "--no-remote", "--profile", str(profile), "--marionette", "--remote-allow-system-access"]
    with (home / "thunderbird.log").open("wb") as log:
        program = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    driven = None
    try:
        driven = Thunderbird(port, f":{number}")
        yield driven
    finally:
        if driven is not None:
            driven.close()
        for process in (program, screen):
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
