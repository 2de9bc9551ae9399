"""Who is there is told by no answer and by no work (THREATS A2.13): names that are unknown, disabled or given a wrong password cost the same on every door.

What takes the time is the hash, tens of milliseconds; here the hashes are counted, which a loaded machine does not change.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import directory_rows
import harness_imap
import harness_pop3
import harness_smtp
from postroom.app import Adapters
from postroom.directory import passwords
from postroom.model.address import parse_address

Attempt = Callable[[str, str], Awaitable[bytes]]
RIGHT = "correct horse battery"
CASES = {
    "unknown": ("nobody@example.test", RIGHT),
    "unknown domain": ("nobody@elsewhere.test", RIGHT),
    "no address": ("\"'%*", RIGHT),
    "disabled, right": ("bob@example.test", RIGHT),
    "disabled, wrong": ("bob@example.test", "wrong password"),
    "wrong": ("alice@example.test", "wrong password"),
    "empty": ("alice@example.test", " "),
    "long": ("alice@example.test", "x" * 200),
}
TRUSTED = {"limits.trusted_networks": ["127.0.0.0/8"]}


class Counting:
    """The hasher, with the parameters of each hash that was verified."""

    def __init__(self, hasher: Any) -> None:
        self._hasher = hasher
        self.verified: list[str] = []

    def verify(self, password_hash: str, password: bytes) -> bool:
        self.verified.append(password_hash.rpartition("$")[0].rpartition("$")[0])
        return bool(self._hasher.verify(password_hash, password))

    def hash(self, password: bytes) -> str:
        return str(self._hasher.hash(password))


def plain(name: str, password: str) -> str:
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


@contextlib.asynccontextmanager
async def imap(folder: Path, command: Callable[[str, str], str]) -> AsyncIterator[tuple[Adapters, Attempt]]:
    async with harness_imap.imap_house(folder) as house:

        async def attempt(name: str, password: str) -> bytes:
            client = await house.connect()
            await client.line()
            said = await client.command(command(name, password))
            await client.close()
            return said[-1]

        yield house.adapters, attempt


def imap_login(folder: Path) -> contextlib.AbstractAsyncContextManager[tuple[Adapters, Attempt]]:
    def command(name: str, password: str) -> str:
        quoted = name.replace('"', '\\"')
        return f'LOGIN "{quoted}" "{password}"'

    return imap(folder, command)


def imap_plain(folder: Path) -> contextlib.AbstractAsyncContextManager[tuple[Adapters, Attempt]]:
    return imap(folder, lambda name, password: f"AUTHENTICATE PLAIN {plain(name, password)}")


@contextlib.asynccontextmanager
async def pop3_pass(folder: Path) -> AsyncIterator[tuple[Adapters, Attempt]]:
    async with harness_pop3.pop3_server(folder) as server:
        await server.adapters.settings.change(TRUSTED, "test")
        server.live.reload()

        async def attempt(name: str, password: str) -> bytes:
            said = await server.say(f"USER {name}".encode(), f"PASS {password}".encode(), b"QUIT")
            assert said[0].startswith(b"+OK"), "USER tells nothing"
            return b"\n".join(said)

        yield server.adapters, attempt


@contextlib.asynccontextmanager
async def pop3_plain(folder: Path) -> AsyncIterator[tuple[Adapters, Attempt]]:
    async with harness_pop3.pop3_server(folder) as server:
        await server.adapters.settings.change(TRUSTED, "test")
        server.live.reload()

        async def attempt(name: str, password: str) -> bytes:
            said = await server.say(b"AUTH PLAIN", plain(name, password).encode(), b"QUIT")
            return b"\n".join(said)

        yield server.adapters, attempt


@contextlib.asynccontextmanager
async def smtp_plain(folder: Path) -> AsyncIterator[tuple[Adapters, Attempt]]:
    async with harness_smtp.running(folder, TRUSTED) as house:

        async def attempt(name: str, password: str) -> bytes:
            async with harness_smtp.client(house, "submissions") as talk:
                return await talk.command(f"AUTH PLAIN {plain(name, password)}")

        yield house.adapters, attempt


@contextlib.asynccontextmanager
async def smtp_login(folder: Path) -> AsyncIterator[tuple[Adapters, Attempt]]:
    async with harness_smtp.running(folder, TRUSTED) as house:

        async def attempt(name: str, password: str) -> bytes:
            async with harness_smtp.client(house, "submissions") as talk:
                assert (await talk.command("AUTH LOGIN")).startswith(b"334")
                said = await talk.command(base64.b64encode(name.encode()).decode())
                assert said.startswith(b"334"), "the name alone tells nothing"
                return await talk.command(base64.b64encode(password.encode()).decode())

        yield house.adapters, attempt


@pytest.mark.parametrize("door", [imap_login, imap_plain, pop3_pass, pop3_plain, smtp_plain, smtp_login])
async def test_one_hash_and_one_answer_whatever_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: Callable[[Path], Any]
) -> None:
    counting = Counting(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", counting)
    async with door(tmp_path) as (adapters, attempt):
        right = await attempt("bob@example.test", RIGHT)
        assert len(counting.verified) == 1
        await adapters.database.write(
            lambda transaction: directory_rows.set_disabled(
                transaction, parse_address("bob@example.test"), disabled=True
            )
        )
        answers, work = {}, {}
        for case, (name, password) in CASES.items():
            counting.verified.clear()
            answers[case] = await attempt(name, password)
            work[case] = tuple(counting.verified)
        assert len(set(answers.values())) == 1 and right not in answers.values(), answers
        assert {len(hashes) for hashes in work.values()} == {1}, work
        assert len(set(work.values())) == 1, "a hash of other parameters takes another time"


async def test_scram_asks_the_unknown_and_the_disabled_as_it_asks_others(tmp_path: Path) -> None:
    async with harness_imap.imap_house(tmp_path) as house:
        await house.adapters.database.write(
            lambda transaction: directory_rows.set_disabled(
                transaction, parse_address("bob@example.test"), disabled=True
            )
        )

        async def asked(name: str) -> tuple[int, bytes, bytes]:
            client = await house.connect()
            await client.line()
            first = base64.b64encode(f"n,,n={name},r=abcdefgh".encode()).decode()
            client.send(f"a AUTHENTICATE SCRAM-SHA-256 {first}\r\n")
            challenge = base64.b64decode((await client.line()).removeprefix(b"+ "))
            found = re.fullmatch(rb"r=abcdefgh[!-+\--~]+,s=([A-Za-z0-9+/=]+),i=(\d+)", challenge)
            assert found is not None, challenge
            nonce = challenge.partition(b",")[0]
            proof = base64.b64encode(bytes(32))
            last = base64.b64encode(b"c=biws," + nonce + b",p=" + proof)
            client.send(last + b"\r\n")
            said = await client.line()
            await client.close()
            return len(base64.b64decode(found[1])), found[2], said

        told = await asyncio.gather(*(asked(f"{name}@example.test") for name in ("alice", "bob", "nobody")))
        assert len(set(told)) == 1, told
        assert b" NO [AUTHENTICATIONFAILED]" in told[0][2]
