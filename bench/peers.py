"""Their side: Postfix and Dovecot from Debian's packages with their usual settings (Maildir, fsync on), started here on loopback ports of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from bench.dovecot import Dovecot, Plan
from bench.measure import tree
from bench.ours import DOMAIN, PASSWORD, SINK_PORT

_SMTP = 31025
_IMAP = 31143
_POP3 = 31110

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/state
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.bench.test
mydestination =
alias_maps =
virtual_mailbox_domains = bench.test
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:unix:{root}/lmtp
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
"""

_MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
tlsmgr unix - - n 1000? 1 tlsmgr
"""

_DOVECOT = """
mail_max_userip_connections = 10000
service imap-login {{
  client_limit = 4000
  process_limit = 200
}}
service pop3-login {{
  inet_listener pop3 {{
    address = 127.0.0.1
    port = %d
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service imap {{
  process_limit = 4000
}}
service anvil {{
  client_limit = 6000
}}
service auth {{
  client_limit = 6000
}}
service lmtp {{
  unix_listener {root}/lmtp {{
    mode = 0666
  }}
}}
service stats {{
  client_limit = 6000
}}
"""


class Peers:
    """Users as on our side; a mailbox is made at its first delivery."""

    name = "Postfix + Dovecot"
    smtp_port = _SMTP
    accepted_is_stored = False
    imap_port = _IMAP
    pop3_port = _POP3

    def __init__(self, root: Path) -> None:
        self.root = root
        plan = Plan(PASSWORD, _IMAP, protocols="imap pop3 lmtp", more=_DOVECOT % _POP3)
        self._dovecot = Dovecot(root, plan)

    def __enter__(self) -> Peers:
        for folder in ("", "spool", "state", "postfix"):
            (self.root / folder).mkdir(parents=True, exist_ok=True, mode=0o755)
        postfix = pwd.getpwnam("postfix")
        os.chown(self.root / "state", postfix.pw_uid, postfix.pw_gid)
        names = {"root": self.root, "port": _SMTP, "sink": SINK_PORT}
        (self.root / "postfix" / "main.cf").write_text(_MAIN_CF.format(**names))
        (self.root / "postfix" / "master.cf").write_text(_MASTER_CF.format(**names))
        self._dovecot.__enter__()
        subprocess.run(["postfix", "-c", str(self.root / "postfix"), "start"], check=True, capture_output=True)
        time.sleep(2)
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["postfix", "-c", str(self.root / "postfix"), "stop"], check=False, capture_output=True)
        self._dovecot.__exit__()
        shutil.rmtree(self.root / "spool", ignore_errors=True)

    def pids(self) -> list[int]:
        """Dovecot's processes (Postfix has none per connection at rest)."""
        return self._dovecot.pids()

    def postfix_pids(self) -> list[int]:
        return tree(int((self.root / "spool" / "pid" / "master.pid").read_text()))

    def all_pids(self) -> list[int]:
        return [*self.pids(), *self.postfix_pids()]

    def stored(self) -> int:
        """Messages in all mailboxes: files in new/ and cur/."""
        return sum(
            sum(1 for _ in folder.iterdir())
            for name in ("new", "cur")
            for folder in (self.root / "mail").glob(f"*/Maildir/{name}")
        )

    def user(self, number: int) -> tuple[str, str]:
        return f"{number}user@{DOMAIN}", PASSWORD
