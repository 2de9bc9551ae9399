"""What is asked beside the loop: without the libraries, and when nobody waits any more."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest

from postroom.model.errors import TryLater
from postroom.net.acme import issuer
from postroom.net.acme.answers import AnswerFolder
from postroom.net.acme.hook import DnsHook
from postroom.net.acme.issuer import AcmeIssuer
from postroom.settings.certificates import CertificateSettings


def made(folder: Path) -> AcmeIssuer:
    places = (AnswerFolder(folder), lambda words: DnsHook(folder, words))
    return AcmeIssuer(places, CertificateSettings, lambda kind: True, lambda: None, lambda: 0)


async def test_without_the_libraries_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "postroom.net.acme.conversation", raising=False)
    monkeypatch.delattr("postroom.net.acme.conversation", raising=False)
    monkeypatch.setitem(sys.modules, "acme", None)
    with pytest.raises(TryLater, match="install postroom"):
        await made(tmp_path).register("https://ca.test/dir", "")


async def test_an_authority_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TryLater) as caught:
        await made(tmp_path).register("https://127.0.0.1:1/dir", "")
    assert caught.value.public == "the authority can't be talked to"
    assert "Connection" in caught.value.detail


async def test_nobody_waits_for_a_thread_that_is_not_wanted_any_more() -> None:
    release, begun = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        release.wait(10)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(issuer._beside(slow))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
    assert task.cancelled()
    release.set()
    await asyncio.sleep(0.05)


async def test_a_port_that_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer, "_PORT_SECONDS", 0.3)
    announced: list[int] = []
    places = (AnswerFolder(tmp_path), lambda words: DnsHook(tmp_path, words))
    waiting = AcmeIssuer(places, CertificateSettings, lambda kind: False, lambda: announced.append(1), lambda: 0)
    with pytest.raises(TryLater, match="not opened in time"):
        await asyncio.to_thread(waiting._open, "http")
    assert announced == [1]
