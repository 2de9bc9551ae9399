"""A server's data folder, and the command line run on it in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from postroom.cli.root import main
from postroom.cli.setup import add_accounts, create_server
from postroom.model.account import Role

ADMIN = "admin@example.test"
PASSWORD = "a-long-password"


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    out: str
    err: str


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "data"
    create_server(folder, "mail.example.test", "example.test")
    add_accounts(folder, [(ADMIN, "Admin", Role.ADMINISTRATOR, PASSWORD)])
    return folder


@pytest.fixture
def postroom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run(*words: object, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["postroom", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    monkeypatch.delenv("POSTROOM_DATA", raising=False)
    return run
