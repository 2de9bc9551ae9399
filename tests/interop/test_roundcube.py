"""Roundcube from Debian on PHP's own web server: log in, list, read, search, flag, move, send, by the requests that its pages make. With POSTROOM_SOAK=1 only."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import sqlite3
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from interop.programs import Desk
from lines import free_port, is_open, wait_for

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("roundcube"),
    pytest.mark.skipif(not os.environ.get("POSTROOM_SOAK"), reason="a web program takes its time"),
]
_ROUNDCUBE = Path("/usr/share/roundcube")
_CONFIGURATION = """<?php
$config['db_dsnw'] = 'sqlite:///{home}/roundcube.db?mode=0600';
$config['imap_host'] = 'ssl://localhost:{imaps}';
$config['imap_conn_options'] = ['ssl' => ['cafile' => '{certificate}', 'verify_peer' => true]];
$config['smtp_host'] = 'ssl://localhost:{submissions}';
$config['smtp_conn_options'] = ['ssl' => ['cafile' => '{certificate}', 'verify_peer' => true]];
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
$config['des_key'] = '0123456789abcdef01234567';
$config['plugins'] = [];
$config['temp_dir'] = '{home}';
$config['log_dir'] = '{home}';
$config['language'] = 'en_US';
$config['imap_cache'] = 'db';
$config['messages_cache'] = true;
"""


class Browser:
    """Keeps the cookies and the token of the session."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/"
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self.token = ""

    def page(self, query: dict[str, str] | None = None, form: dict[str, str] | None = None) -> str:
        request = urllib.request.Request(self._url + "?" + urllib.parse.urlencode(query or {}))
        request.add_header("X-Roundcube-Request", self.token)
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self._opener.open(request, data, timeout=60) as answer:
            text: str = answer.read().decode()
        if found := re.search(r'"request_token":"([^"]+)"', text):
            self.token = found[1]
        return text

    def log_in(self, user: str, password: str) -> None:
        found = re.search(r'name="_token" value="([^"]+)"', self.page())
        assert found is not None
        form = {"_task": "login", "_action": "login", "_token": found[1], "_user": user, "_pass": password}
        page = self.page({"_task": "login"}, form)
        assert '"task":"mail"' in page, page[-3000:]

    def act(self, action: str, **words: str) -> str:
        """What the page asks for in the background."""
        asked = {"_task": "mail", "_action": action, "_remote": "1"}
        underscored = {"_" + name: value for name, value in words.items()}
        if action in ("list", "search"):
            answer = self.page(asked | underscored)
        else:
            answer = self.page({"_task": "mail", "_action": action}, underscored | {"_remote": "1"})
        told: dict[str, Any] = json.loads(answer)
        return str(told.get("exec", ""))


@contextmanager
def roundcube(desk: Desk) -> Iterator[Browser]:
    words = {"home": desk.home, "imaps": desk.port("imaps"), "submissions": desk.port("submissions")}
    desk.file("roundcube/config.inc.php", _CONFIGURATION.format(certificate=desk.certificate, **words))
    with closing(sqlite3.connect(desk.home / "roundcube.db")) as database:
        database.executescript((_ROUNDCUBE / "SQL" / "sqlite.initial.sql").read_text())
    port = free_port()
    environment = {**os.environ, "ROUNDCUBE_CONFIG_DIR": str(desk.home / "roundcube")}
    with (desk.home / "php.log").open("wb") as log:
        php = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{port}", "-t", str(_ROUNDCUBE)], env=environment, stdout=log, stderr=log
        )
    try:
        wait_for(lambda: is_open(port), 20, "PHP does not listen")
        yield Browser(port)
    finally:
        php.terminate()
        php.wait(timeout=10)


def _uid(desk: Desk, subject: str, mailbox: str = "INBOX", *criteria: str) -> str:
    client = desk.server.imap()
    client.select(mailbox, readonly=True)
    found = client.uid("search", *criteria, "SUBJECT", f'"{subject}"')[1][0]
    client.logout()
    assert isinstance(found, bytes)
    return found.decode()


def test_roundcube(desk: Desk) -> None:
    desk.deliver("read on the web", "an ordinary text")
    desk.deliver("moved on the web", "with a marmalade in it")
    desk.deliver("flagged on the web")
    read, moved, flagged = (_uid(desk, f"{word} on the web") for word in ("read", "moved", "flagged"))
    with roundcube(desk) as browser:
        browser.log_in(desk.user, desk.password)
        listed = browser.act("list", mbox="INBOX")
        assert all(f"{word} on the web" in listed for word in ("read", "moved", "flagged"))
        shown = browser.page({"_task": "mail", "_action": "show", "_uid": read, "_mbox": "INBOX"})
        assert "an ordinary text" in shown
        assert _uid(desk, "read on the web", "INBOX", "SEEN") == read
        browser.act("mark", uid=flagged, mbox="INBOX", flag="flagged")
        assert _uid(desk, "flagged on the web", "INBOX", "FLAGGED") == flagged
        found = browser.act("search", q="marmalade", headers="text", scope="base", mbox="INBOX")
        assert "moved on the web" in found and "read on the web" not in found
        browser.act("move", uid=moved, mbox="INBOX", target_mbox="Archive")
        assert _uid(desk, "moved on the web") == ""
        assert _uid(desk, "moved on the web", "Archive")
        page = browser.page({"_task": "mail", "_action": "compose"})
        compose = re.search(r'"compose_id":"([^"]+)"', page)
        sender = re.search(r'<select name="_from".*?<option value="(\d+)"', page, re.DOTALL)
        assert compose is not None and sender is not None, page[:3000]
        form = {"_token": browser.token, "_task": "mail", "_action": "send", "_id": compose[1], "_from": sender[1]}
        form |= {"_to": desk.user, "_subject": "sent from the web", "_message": "hello", "_store_target": "Sent"}
        sent = browser.page({"_task": "mail"}, form)
        assert "sent_successfully" in sent or "successfully" in sent, sent[:2000]
    wait_for(lambda: "sent from the web" in desk.subjects(), 20, "not sent")
    assert "sent from the web" in desk.subjects("Sent")
