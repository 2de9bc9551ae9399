"""Mail programs that send: swaks, msmtp, curl, s-nail; on the plain listener and on both submission doors."""

from __future__ import annotations

import pytest

from interop.programs import Desk

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-senders")]


def test_swaks_as_another_server(desk: Desk) -> None:
    desk.run(
        "swaks",
        "-S",
        "1",
        "--server",
        f"localhost:{desk.port('mx')}",
        "--to",
        desk.user,
        "--from",
        "out@remote.test",
        "--h-Subject",
        "swaks mx",
    )
    assert "swaks mx" in desk.subjects()


def test_swaks_with_starttls_as_another_server(desk: Desk) -> None:
    desk.run(
        "swaks",
        "-S",
        "1",
        "-tls",
        "--server",
        f"localhost:{desk.port('mx')}",
        "--to",
        desk.user,
        "--from",
        "out@remote.test",
        "--h-Subject",
        "swaks mx tls",
    )
    assert "swaks mx tls" in desk.subjects()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize(("door", "tls"), [("submission", "-tls"), ("submissions", "-tlsc")])
def test_swaks_submits(desk: Desk, door: str, tls: str, mechanism: str) -> None:
    subject = f"swaks {door} {mechanism}"
    desk.run(
        "swaks", "-S", "1", tls, "--tls-ca-path", desk.certificate, "--tls-verify", "--server", f"localhost:{desk.port(door)}", "--auth", mechanism,
        "--auth-user", desk.user, "--auth-password", desk.password, "--to", desk.user, "--from", desk.user, "--h-Subject", subject,
    )  # fmt: skip
    assert subject in desk.subjects()


def test_swaks_is_refused_without_a_login(desk: Desk) -> None:
    output = desk.run(
        "swaks", "-tls", "--server", f"localhost:{desk.port('submission')}", "--to", desk.user, "--from", desk.user, good=(23, 24)
    )  # fmt: skip
    assert "530 5.7.0" in output


def test_msmtp(desk: Desk) -> None:
    message = f"From: {desk.user}\nTo: {desk.user}\nSubject: msmtp\n\nhi\n"
    desk.run(
        "msmtp", "--host=localhost", f"--port={desk.port('submission')}", "--tls=on", "--tls-starttls=on", f"--tls-trust-file={desk.certificate}",
        "--auth=on", f"--user={desk.user}", f"--passwordeval=echo {desk.password}", f"--from={desk.user}", desk.user, stdin=message,
    )  # fmt: skip
    assert "msmtp" in desk.subjects()


def test_msmtp_with_scram(desk: Desk) -> None:
    message = f"From: {desk.user}\nTo: {desk.user}\nSubject: msmtp scram\n\nhi\n"
    desk.run(
        "msmtp", "--host=localhost", f"--port={desk.port('submissions')}", "--tls=on", "--tls-starttls=off", f"--tls-trust-file={desk.certificate}",
        "--auth=scram-sha-256", f"--user={desk.user}", f"--passwordeval=echo {desk.password}", f"--from={desk.user}", desk.user, stdin=message,
    )  # fmt: skip
    assert "msmtp scram" in desk.subjects()


def test_curl(desk: Desk) -> None:
    path = desk.file("m.eml", f"From: {desk.user}\r\nTo: {desk.user}\r\nSubject: curl\r\n\r\nhi\r\n")
    desk.run(
        "curl", "-sS", "--ssl-reqd", "--cacert", desk.certificate, "--url", f"smtp://localhost:{desk.port('submission')}",
        "--user", f"{desk.user}:{desk.password}", "--mail-from", desk.user, "--mail-rcpt", desk.user, "-T", path,
    )  # fmt: skip
    assert "curl" in desk.subjects()


def test_s_nail(desk: Desk) -> None:
    login = desk.user.replace("@", "%40")
    desk.run(
        "s-nail", "-S", "v15-compat", "-S", f"mta=submission://{login}:{desk.password}@localhost:{desk.port('submission')}", "-S", "smtp-use-starttls",
        "-S", f"tls-ca-file={desk.certificate}", "-S", "tls-verify=strict", "-r", desk.user, "-s", "s-nail", desk.user, stdin="hi\n",
    )  # fmt: skip
    assert "s-nail" in desk.subjects()
