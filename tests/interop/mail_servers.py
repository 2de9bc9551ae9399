"""Mail servers of others for a test, from Debian's packages: Postfix and Exim, each with a folder of its own, a port of its own and a domain of its own.

What they take lies in a Maildir; what is for other domains they hand to the port they were told.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from debian_packages import EXIM, EXIM_USER

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
myhostname = mx.{domain}
mydestination =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ bob@{domain}=box/ carol@{domain}=box/ jürgen@{domain}=box/ }}
virtual_mailbox_base = {root}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
alias_maps =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{onward}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {root}/pem
smtpd_peername_lookup = no
smtp_tls_security_level = may
smtputf8_enable = yes
message_size_limit = 3000000
"""
_SERVICES = (
    "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\nrewrite unix - - n - - trivial-rewrite\n"
    "bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nsmtp unix - - n - - smtp\nerror unix - - n - - error\n"
    "retry unix - - n - - error\npostlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nscache unix - - n - 1 scache\n"
    "anvil unix - - n - 1 anvil\nproxymap unix - - n - - proxymap\nverify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\n"
    "virtual unix - n n - - virtual\n127.0.0.1:{port} inet n - n - - smtpd\n"
)
_EXIM = """
exim_user = {user}
exim_path = {exim}
spool_directory = {root}/spool
log_file_path = {root}/log/%slog
primary_hostname = mx.{domain}
domainlist here = {domain}
local_interfaces = <; [127.0.0.1]:{port}
tls_advertise_hosts = *
tls_certificate = {root}/pem
tls_privatekey = {root}/pem
acl_smtp_rcpt = check
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 3000000
smtp_accept_queue_per_connection = 0
keep_environment =
begin acl
check:
  accept domains = +here
         local_parts = bob : carol
  accept domains = ! +here
  deny message = nobody of that name
begin routers
here:
  driver = accept
  domains = +here
  transport = box
onward:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = onward
begin transports
box:
  driver = appendfile
  maildir_format
  directory = {root}/mail/box
  create_directory
  user = {user}
onward:
  driver = smtp
  port = {onward}
  hosts_try_chunking = *
  tls_verify_certificates =
begin retry
* * F,1h,1m
"""


@dataclass(frozen=True)
class MailServer:
    """What runs."""

    domain: str
    port: int
    root: Path

    def messages(self) -> list[bytes]:
        """Whole messages that it took, as files have them: with LF."""
        return [path.read_bytes() for path in sorted((self.root / "mail" / "box" / "new").glob("*"))]

    def log(self) -> str:
        found = [self.root / "log"] if (self.root / "log").is_file() else sorted((self.root / "log").glob("*"))
        return "".join(path.read_text(errors="replace") for path in found)

    def until(self, count: int) -> list[bytes]:
        """Its messages, when there are so many."""
        end = time.monotonic() + 30
        while len(found := self.messages()) < count:
            assert time.monotonic() < end, self.log()[-3000:]
            time.sleep(0.2)
        return found


def _prepared(name: str) -> tuple[Path, int]:
    root = Path("/var/tmp") / f"postroom-{name}-{os.getpid()}"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(mode=0o755)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return root, int(sock.getsockname()[1])


@contextlib.contextmanager
def postfix(pem: bytes, onward: int) -> Iterator[MailServer]:
    """For postfix.test."""
    root, port = _prepared("postfix")
    for folder in ("spool", "state", "conf", "mail"):
        (root / folder).mkdir(mode=0o755)
    owner = pwd.getpwnam("postfix")
    os.chown(root / "state", owner.pw_uid, owner.pw_gid)
    os.chown(root / "mail", owner.pw_uid, owner.pw_gid)
    (root / "pem").write_bytes(pem)
    words = {"root": root, "domain": "postfix.test", "onward": onward, "uid": owner.pw_uid, "gid": owner.pw_gid}
    (root / "conf" / "main.cf").write_text(_MAIN_CF.format(**words))
    (root / "conf" / "master.cf").write_text(_SERVICES.format(port=port))
    command = ("/usr/sbin/postfix", "-c", str(root / "conf"))
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=30)
    try:
        yield MailServer("postfix.test", port, root)
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=30)
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def exim(pem: bytes, onward: int) -> Iterator[MailServer]:
    """For exim.test."""
    root, port = _prepared("exim")
    owner = pwd.getpwnam(EXIM_USER)
    for folder in ("spool", "log", "mail"):
        (root / folder).mkdir(mode=0o755)
        os.chown(root / folder, owner.pw_uid, owner.pw_gid)
    (root / "pem").write_bytes(pem)
    os.chown(root / "pem", owner.pw_uid, owner.pw_gid)
    words = {"root": root, "domain": "exim.test", "port": port, "onward": onward, "user": EXIM_USER, "exim": EXIM}
    (root / "conf").write_text(_EXIM.format(**words))
    process = subprocess.Popen([EXIM, "-C", root / "conf", "-bdf", "-q1m"], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield MailServer("exim.test", port, root)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        shutil.rmtree(root, ignore_errors=True)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("it does not listen")
