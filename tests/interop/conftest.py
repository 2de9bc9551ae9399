"""One server for all programs of a module; each test has a desk of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.programs import Desk
from whole import WholeServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeServer]:
    with running(tmp_path_factory.mktemp("interop")) as started:
        yield started


@pytest.fixture
def desk(server: WholeServer, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)
