"""The server of another: a real Postfix relays into us, to known and unknown names."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from interop.programs import Desk

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-readers")]

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/state
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.remote.test
mydestination =
alias_maps =
relayhost = [127.0.0.1]:{port}
smtp_tls_security_level = encrypt
smtp_tls_loglevel = 1
smtpd_peername_lookup = no
"""
_SERVICES = (
    "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\nrewrite unix - - n - - trivial-rewrite\n"
    "bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nsmtp unix - - n - - smtp\nerror unix - - n - - error\n"
    "retry unix - - n - - error\npostlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nscache unix - - n - 1 scache\n"
    "anvil unix - - n - 1 anvil\nproxymap unix - - n - - proxymap\nverify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\n"
    "showq unix n - n - - showq\nlocal unix - n n - - local\n127.0.0.1:{smtpd} inet n - n - - smtpd\n"
)


@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix changes users: needs root")
def test_postfix_relays_into_us(desk: Desk) -> None:
    assert shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin"), (
        "postfix is missing; `make test` installs it"
    )
    root = Path("/var/tmp") / f"postroom-relay-{os.getpid()}"
    listening = desk.server.offset + 7000
    for folder in ("", "spool", "state", "conf"):
        (root / folder).mkdir(mode=0o755)
    owner = pwd.getpwnam("postfix")
    os.chown(root / "state", owner.pw_uid, owner.pw_gid)
    (root / "conf" / "main.cf").write_text(_MAIN_CF.format(root=root, port=desk.port("mx")))
    (root / "conf" / "master.cf").write_text(_SERVICES.format(smtpd=listening))
    postfix = ("/usr/sbin/postfix", "-c", str(root / "conf"))
    subprocess.run([*postfix, "start"], check=True, capture_output=True, timeout=30)
    try:
        for recipient in (desk.user, "nobody@example.test"):
            desk.run(
                "swaks", "-S", "1", "--server", f"127.0.0.1:{listening}", "--from", "out@remote.test", "--to", recipient, "--h-Subject", "through Postfix"
            )  # fmt: skip
        log = root / "log"
        deadline = time.monotonic() + 30
        while not ("status=sent" in log.read_text() and "status=bounced" in log.read_text()):
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.2)
        text = log.read_text()
        assert "550 5.1.1" in text
        assert "Untrusted TLS connection established" in text
        assert "through Postfix" in desk.subjects()
    finally:
        subprocess.run([*postfix, "stop"], check=False, capture_output=True, timeout=30)
        shutil.rmtree(root, ignore_errors=True)
