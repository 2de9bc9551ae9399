"""Authentication-Results that claim to be ours are cut out on the way in, and nothing else changes (RFC 8601 §5, THREATS A1 14)."""

from __future__ import annotations

import asyncio

import pytest

from postroom.message import limits
from postroom.mta.foreign_results import ForgedResults

NAMES = frozenset({b"mail.example.test"})


class Staged:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data


def through(message: bytes, step: int = 1 << 20) -> bytes:
    staged, editor = Staged(), ForgedResults(NAMES)
    for at in range(0, len(message), step):
        editor.write(message[at : at + step], staged)  # type: ignore[arg-type]
    assert asyncio.run(editor.finish(staged)) == b""  # type: ignore[arg-type]
    return staged.data


@pytest.mark.parametrize(
    "forged",
    [
        b"Authentication-Results: mail.example.test; spf=pass\r\n",
        b"authentication-RESULTS : mail.example.test 1; dkim=pass\r\n",
        b"Authentication-Results:\r\n\tMAIL.Example.Test;\r\n dkim=pass\r\n\theader.d=bank.test\r\n",
        b'Authentication-Results: "mail.example.test"; none\r\n',
        b'Authentication-Results: "mail.exa\\mple.test"; none\r\n',
        b"Authentication-Results: (a (nested) comment)mail.example.test; none\r\n",
        b"Authentication-Results: mail.example.test.; none\r\n",
        b"Authentication-Results: mail.example.test\r\n",
        b"X-Postroom-Verdict: junk (spf)\r\n",
        b"x-postroom-VERDICT :\r\n junk\r\n (spf)\r\n",
        b"X-Postroom-Verdict:\r\n",
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_ours_are_cut_out(forged: bytes, step: int) -> None:
    before, after = b"From: a@b.test\r\nSubject: x\r\n", b"To: c@d.test\r\n\r\nbody Authentication-Results: x\r\n"
    assert through(before + forged + after, step) == before + after
    assert through(forged + forged + after, step) == after
    assert through(before + forged, step) == before


@pytest.mark.parametrize(
    "kept",
    [
        b"Authentication-Results: mx.remote.test; spf=pass\r\n\r\nbody",
        b"Authentication-Results: mail.example.test.evil.test; spf=pass\r\n\r\nbody",
        b"Authentication-Results:\r\n\r\nbody",
        b"Authentication-Results: (mail.example.test) mx.remote.test; none\r\n\r\n",
        b"Authentication-Results: ((((mail.example.test; none\r\n\r\n",
        b"X-Postroom-Verdicts: junk (spf)\r\n\r\nX-Postroom-Verdict: junk (spf)\r\n",
        b"X-Authentication-Results: mail.example.test; none\r\n\r\n",
        b"Subject: x\r\n\r\nAuthentication-Results: mail.example.test; spf=pass\r\n",
        b"\r\nAuthentication-Results: mail.example.test; spf=pass\r\n",
        b"",
        b"no header",
    ],
)
@pytest.mark.parametrize("step", [1, 1 << 20])
def test_the_rest_stays_byte_for_byte(kept: bytes, step: int) -> None:
    assert through(kept, step) == kept


def test_a_header_without_end_is_held_up_to_its_bound() -> None:
    endless = b"X: " + b"y" * (limits.HEADER_BLOCK * 2)
    staged, editor = Staged(), ForgedResults(NAMES)
    for at in range(0, len(endless), 65536):
        editor.write(endless[at : at + 65536], staged)  # type: ignore[arg-type]
        assert len(editor._held) <= limits.HEADER_BLOCK
    asyncio.run(editor.finish(staged))  # type: ignore[arg-type]
    assert staged.data == endless


def test_ten_thousand_parentheses_take_no_time() -> None:
    for mad in (b"(" * 60_000, b"()" * 30_000, b"(" * 30_000 + b")" * 30_000, b'"' + b"\\" * 60_000):
        message = b"Authentication-Results: " + mad + b"; x\r\n\r\n"
        assert through(message) == message
