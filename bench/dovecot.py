"""Dovecot from Debian's packages on loopback, with a configuration and a folder of its own: what the bench compares with, and what the model is played against.

Every account with the password is there, and gets an empty mailbox at its first login. As root it keeps mail as the user `mail`, otherwise everything runs as
who starts it. Debian's own service and files in /etc are not touched.
"""

from __future__ import annotations

import grp
import os
import pwd
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Served

PROGRAM = "/usr/sbin/dovecot"
_START_DEADLINE = 30.0

_COMMON = """
base_dir = {root}/dovecot
state_dir = {root}/dovecot-state
log_path = {root}/dovecot.log
protocols = {protocols}
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
default_vsz_limit = 1G
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%n allow_all_users=yes
}}
auth_username_format = %Lu
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
# without root nobody can change users or roots
_UNPRIVILEGED = """
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Plan:
    """What one use of it adds: `more` is text of the configuration, in which {root} is its folder."""

    password: str
    imap_port: int
    protocols: str = "imap"
    more: str = ""


class Dovecot(Served):
    """One Dovecot in `root`, which others must be able to enter; a context, ended with its processes."""

    def __init__(self, root: Path, plan: Plan) -> None:
        self.root = root
        self.plan = plan
        self.log = root / "dovecot.log"

    def __enter__(self) -> Dovecot:
        privileged = os.geteuid() == 0
        owner = pwd.getpwnam("mail") if privileged else pwd.getpwuid(os.geteuid())
        for folder in ("", "mail", "dovecot", "dovecot-state"):
            (self.root / folder).mkdir(parents=True, exist_ok=True, mode=0o755)
        if privileged:
            os.chown(self.root / "mail", owner.pw_uid, owner.pw_gid)
        names = {"user": owner.pw_uid, "group": owner.pw_gid} if privileged else _names(owner)
        text = (_COMMON + self.plan.more + ("" if privileged else _UNPRIVILEGED)).format(
            root=self.root,
            password=self.plan.password,
            protocols=self.plan.protocols,
            imap=self.plan.imap_port,
            **names,
        )
        configuration = self.root / "dovecot.conf"
        configuration.write_text(text)
        self._process = subprocess.Popen([PROGRAM, "-F", "-c", str(configuration)], stderr=subprocess.DEVNULL)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_DEADLINE
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                told = self.log.read_text()[-2000:] if self.log.exists() else ""
                raise RuntimeError(f"Dovecot did not start: {told}")
            try:
                with socket.create_connection(("127.0.0.1", self.plan.imap_port), timeout=5) as sock:
                    if sock.recv(4096).startswith(b"* OK"):
                        return
            except OSError:
                pass
            time.sleep(0.05)


def _names(owner: pwd.struct_passwd) -> dict[str, str]:
    return {"user": owner.pw_name, "group": grp.getgrgid(owner.pw_gid).gr_name}
