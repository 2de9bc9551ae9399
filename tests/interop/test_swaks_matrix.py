"""Every port with and without TLS, with and without a login, to every kind of recipient: swaks says where it was stopped."""

from __future__ import annotations

import itertools

import pytest

from interop.programs import Desk

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-senders")]

# exit statuses of swaks
TAKEN, NO_GREETING, MAIL_REFUSED, NO_RECIPIENT, NO_LOGIN, NO_TLS = 0, 21, 23, 24, 28, 29
TLS = {"clear": [], "starttls": ["-tls"], "implicit": ["-tlsc"]}
LOGINS = ("none", "right", "wrong")
RECIPIENTS = {"own": "bob@example.test", "unknown": "nobody@example.test", "far": "friend@far.test"}


def expected(door: str, tls: str, login: str, recipient: str) -> int:
    """The rule of SPEC 1.1: port 25 takes mail for us from anybody and logins from nobody, the others take a login, after TLS."""
    if door == "mx":
        if login != "none":
            return NO_LOGIN
        return TAKEN if recipient == "own" else NO_RECIPIENT
    if login == "none":
        return MAIL_REFUSED
    if tls == "clear" or login == "wrong":
        return NO_LOGIN
    return NO_RECIPIENT if recipient == "unknown" else TAKEN


DIALOGUES = [
    (door, tls, login, recipient)
    for door, tls in (
        ("mx", "clear"),
        ("mx", "starttls"),
        ("submission", "clear"),
        ("submission", "starttls"),
        ("submissions", "implicit"),
    )
    for login, recipient in itertools.product(LOGINS, RECIPIENTS)
]


def swaks(desk: Desk, door: str, tls: str, login: str, recipient: str, status: int) -> str:
    command = ["swaks", "--timeout", "10", *TLS[tls], "--server", f"localhost:{desk.port(door)}"]
    sender = desk.user if login == "right" or door != "mx" else "out@remote.test"
    command += ["--from", sender, "--to", RECIPIENTS[recipient], "--h-Subject", f"{door} {tls} {login} {recipient}"]
    if login != "none":
        password = desk.password if login == "right" else "not-the-password"
        command += ["--auth", "PLAIN", "--auth-user", desk.user, "--auth-password", password]
    return desk.run(*command, good=(status,))


@pytest.mark.parametrize(("door", "tls", "login", "recipient"), DIALOGUES)
def test_each_door_stops_whom_it_must(desk: Desk, door: str, tls: str, login: str, recipient: str) -> None:
    output = swaks(desk, door, tls, login, recipient, expected(door, tls, login, recipient))
    assert "not-the-password" not in output


@pytest.mark.parametrize("door", ["mx", "submission"])
def test_tls_from_the_first_octet_where_none_is(desk: Desk, door: str) -> None:
    swaks(desk, door, "implicit", "none", "own", NO_TLS)
