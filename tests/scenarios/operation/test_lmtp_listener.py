"""The LMTP listener: off until asked for, on loopback alone, a reply for each recipient (RFC 2033 §4.2)."""

from __future__ import annotations

from pathlib import Path

from lines import Lines, free_port, is_open, wait_for
from whole import DOMAIN, running


def test_it_opens_live_on_loopback_and_delivers(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert not any(listener["door"] == "lmtp" for listener in server.status()["listeners"])
        port = free_port()
        server.set("smtp.lmtp.port", port - server.offset)
        server.set("smtp.lmtp.enabled", True)
        wait_for(lambda: is_open(port), 5)
        wait_for(lambda: any(listener["door"] == "lmtp" for listener in server.status()["listeners"]), 5)
        listening = [listener for listener in server.status()["listeners"] if listener["door"] == "lmtp"]
        assert {listener["address"] for listener in listening} <= {"127.0.0.1", "::1"}
        with Lines(port) as client:
            assert client.line().startswith(b"220 ")
            for line in ("LHLO filter.test", "MAIL FROM:<list@remote.test>"):
                assert client.ask(line, "250 ").startswith(b"250 ")
            answers = [client.ask(f"RCPT TO:<{name}@{DOMAIN}>")[:9] for name in ("alice", "nobody", "bob")]
            assert answers == [b"250 2.1.5", b"550 5.1.1", b"250 2.1.5"]
            assert client.ask("DATA").startswith(b"354 ")
            assert client.ask("Subject: by LMTP\r\n\r\nx\r\n.").startswith(b"250 2.0.0")
            assert client.line().startswith(b"250 2.0.0"), "one for each accepted recipient"
        with server.imap() as session:
            session.select("INBOX")
            assert b"with LMTP id" in session.fetch("1", "(BODY[HEADER])")[1][0][1]
        server.set("smtp.lmtp.enabled", False)
        wait_for(lambda: not is_open(port), 5)
