"""COMPRESS=DEFLATE and UNAUTHENTICATE on a real socket: RFC 4978, RFC 8437, and a stream that grows without end (THREATS A2 8)."""

from __future__ import annotations

import asyncio
import resource
import zlib
from pathlib import Path

from harness_imap import PASSWORD, Client, ImapHouse, imap_house


class CompressedClient(Client):
    """Speaks DEFLATE from its making until `leave`."""

    def __init__(self, client: Client) -> None:
        super().__init__(asyncio.StreamReader(limit=1 << 24), client.writer)
        self.count = client.count
        self._raw = client.reader
        self.deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        self._inflate = zlib.decompressobj(-15)
        self._pump = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        while data := await self._raw.read(65536):
            self.reader.feed_data(self._inflate.decompress(data))
        self.reader.feed_eof()

    async def close(self) -> None:
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        await super().close()

    def send(self, text: str | bytes) -> None:
        raw = text if isinstance(text, bytes) else text.encode()
        self.writer.write(self.deflate.compress(raw) + self.deflate.flush(zlib.Z_SYNC_FLUSH))


async def compressed(house: ImapHouse, mailbox: str | None = None) -> CompressedClient:
    client = await house.login(mailbox=mailbox)
    assert (await client.command("COMPRESS DEFLATE"))[-1].split()[1] == b"OK"
    return CompressedClient(client)


def test_mail_goes_both_ways_and_idle_tells(tmp_path: Path) -> None:
    message = b"Subject: words\r\n\r\n" + b"the same words again\r\n" * 20_000

    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await compressed(house, "INBOX")
            assert b"OK" in (await client.append(message))[-1]
            found = await client.command("FETCH 1 BODY.PEEK[]")
            assert message in b"\r\n".join(found)
            other = await house.login()
            client.send(b"i IDLE\r\n")
            assert (await client.line()).startswith(b"+")
            await other.append(b"Subject: two\r\n\r\nx\r\n")
            assert await client.line() == b"* 2 EXISTS\r\n"
            client.send(b"DONE\r\n")
            assert (await client.answer(b"i"))[-1].startswith(b"i OK")
            client.send(b"x LOGOUT\r\n")
            assert (await client.answer(b"x"))[-1].startswith(b"x OK")
            await client.close()
            await other.close()

    asyncio.run(play())


def test_refusals(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            stranger = await house.connect()
            await stranger.line()
            assert (await stranger.command("COMPRESS DEFLATE"))[-1].startswith(b"a1 BAD")
            await stranger.close()
            client = await house.login()
            assert (await client.command("COMPRESS GZIP"))[-1].startswith(b"a2 BAD")
            assert (await client.command("COMPRESS"))[-1].startswith(b"a3 BAD")
            client.send(b"c COMPRESS deflate\r\n")
            assert (await client.answer(b"c"))[-1].startswith(b"c OK")
            client = CompressedClient(client)
            assert b"[COMPRESSIONACTIVE]" in (await client.command("COMPRESS DEFLATE"))[-1]
            assert b"OK" in (await client.command("NOOP"))[-1]
            await client.close()

    asyncio.run(play())


def test_octets_that_are_no_deflate_end_the_connection(tmp_path: Path) -> None:
    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await compressed(house)
            client.writer.write(b"a NOOP in clear\r\n" * 10)
            assert await client.line() == b""
            await client.close()
            other = await house.login()
            assert b"OK" in (await other.command("NOOP"))[-1]
            await other.close()

    asyncio.run(play())


def test_a_gigabyte_of_zeros_costs_one_line(tmp_path: Path) -> None:
    """It is one endless line to the core, which ends the connection at its bound; nothing is inflated beyond that."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = b"".join(bomb.compress(bytes(10_000_000)) for _ in range(100)) + bomb.flush(zlib.Z_SYNC_FLUSH)

    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await compressed(house)
            other = await house.login()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            client.writer.write(stream)
            assert (await client.line()).startswith(b"* BAD")
            assert (await client.line()).startswith(b"* BYE")
            assert b"OK" in (await other.command("NOOP"))[-1]
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert grown < 64 * 1024, f"{grown} KiB"
            await client.close()
            await other.close()

    asyncio.run(play())


def test_another_user_on_the_same_connection(tmp_path: Path) -> None:
    """RFC 8437 §3: nothing is expunged, nothing enabled, and nothing of the first user is left."""

    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login(mailbox="INBOX")
            await client.append(b"Subject: one\r\n\r\nx\r\n", flags=r"(\Deleted) ")
            await client.command("ENABLE CONDSTORE")
            client.send(b'u UNAUTHENTICATE\r\nl LOGIN bob@example.test "' + PASSWORD.encode() + b'"\r\n')
            assert (await client.answer(b"u"))[-1].startswith(b"u OK")
            assert (await client.answer(b"l"))[-1].startswith(b"l OK")
            assert len(house.adapters.sessions.entries()) == 1
            assert b"* STATUS INBOX (MESSAGES 0)" in await client.command("STATUS INBOX (MESSAGES)")
            assert (await client.command("FETCH 1 FLAGS"))[-1].split()[1] == b"BAD"
            await client.command("UNAUTHENTICATE")
            assert (await client.command("SELECT INBOX"))[-1].split()[1] == b"BAD"
            assert house.adapters.sessions.entries() == []
            await client.command(f'LOGIN alice@example.test "{PASSWORD}"')
            assert b"* STATUS INBOX (MESSAGES 1)" in await client.command("STATUS INBOX (MESSAGES)")
            await client.close()

    asyncio.run(play())


def test_compression_ends_with_the_user(tmp_path: Path) -> None:
    """The client leaves compression behind UNAUTHENTICATE, the server behind its OK; what is pipelined is in clear (RFC 8437 §4.1)."""

    async def play() -> None:
        async with imap_house(tmp_path) as house:
            client = await house.login(mailbox="INBOX")
            await client.command("COMPRESS DEFLATE")
            deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
            client.writer.write(
                deflate.compress(b"u UNAUTHENTICATE\r\n")
                + deflate.flush(zlib.Z_SYNC_FLUSH)
                + b'l LOGIN bob@example.test "' + PASSWORD.encode() + b'"\r\n'
            )  # fmt: skip
            raw = await asyncio.wait_for(client.reader.readuntil(b"l OK"), 10)
            assert zlib.decompressobj(-15).decompress(raw[: raw.index(b"l OK")]).startswith(b"u OK")
            await client.reader.readline()
            assert (await client.command("NOOP"))[-1].split()[1] == b"OK"
            assert [entry.account for entry in house.adapters.sessions.entries()] == ["bob@example.test"]
            await client.close()

    asyncio.run(play())
