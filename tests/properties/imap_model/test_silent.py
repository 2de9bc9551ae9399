"""Two defects as the smallest conversation that shows each: `.SILENT` is about this client's own change only (RFC 3501 §6.4.6); MODSEQ stands with told flags."""

from __future__ import annotations

from pathlib import Path

from harness_imap import imap_house


async def test_what_another_client_did_is_told_after_a_silent_store(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        other, client = await house.login(mailbox="INBOX"), await house.login(mailbox="INBOX")
        await other.append(b"Subject: x\r\n\r\nx\r\n")
        await client.command("NOOP")
        await other.command("STORE 1 +FLAGS (\\Flagged)")
        told = await client.command("STORE 1 +FLAGS.SILENT (\\Seen)")
        assert any(b"\\Flagged" in line and b"\\Seen" in line for line in told), told
        assert await client.command("STORE 1 +FLAGS.SILENT (\\Draft)") == [b"a5 OK Stored"]
        for each in (other, client):
            await each.close()


async def test_flags_changed_by_fetching_come_with_their_mod_seq(tmp_path: Path) -> None:
    async with imap_house(tmp_path) as house:
        client = await house.login()
        await client.command("ENABLE CONDSTORE")
        await client.append(b"Subject: x\r\n\r\nx\r\n")
        await client.command("SELECT INBOX")
        told = await client.command("FETCH 1 BODY[TEXT]")
        assert b"FLAGS (\\Recent \\Seen)" in told[0] and b"MODSEQ (" in told[0], told
        await client.close()
